/* What is left of the rule when a filter gets each record as JSON text: a
 * search for the action. It changes nothing, which is to its advantage. */
static int holds(const char *text, int size, const char *needle, int length)
{
    for (int i = 0; i + length <= size; i++) {
        int k = 0;
        while (k < length && text[i + k] == needle[k]) {
            k++;
        }
        if (k == length) {
            return 1;
        }
    }
    return 0;
}

static volatile int matches;

char *rule(char *tag, int tag_len, unsigned sec, unsigned nsec, char *record, int size)
{
    (void) tag;
    (void) tag_len;
    (void) sec;
    (void) nsec;
    matches += holds(record, size, "lambda:InvokeFunction", 21);
    return record;
}

package policy

// wholeStatements returns the beginning of a policy's JSON text up to the last
// statement that is whole, with the brackets closed after it, and nil if no
// statement is. If the text is not a policy, neither is what it returns.
func wholeStatements(text []byte) []byte {
	depth, end := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = endOfText(text, i)
		case '{', '[':
			depth++
		case ']':
			depth--
		case '}':
			depth--
			if depth == 2 { // within the map of the policy and the list of statements
				end = i + 1
			}
		}
	}
	if end == 0 {
		return nil
	}
	return append(append(make([]byte, 0, end+2), text[:end]...), "]}"...)
}

// endOfText returns the place of the quotation mark that ends the JSON text
// which starts at i.
func endOfText(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

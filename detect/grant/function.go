package grant

import "strings"

// function is what a functionName parameter or a statement's Resource names.
type function struct {
	name, account, region, qualifier string

	// rival is an account that the text may or may not name: 444455556666 in
	// "444455556666:name". By the API's documentation that is a function
	// 444455556666 with the alias name, by the API's pattern a function name of
	// the account 444455556666.
	rival string
}

// parseFunction reads the forms that the Lambda API model allows for a function
// (shape NamespacedFunctionName), every part before the name being optional:
//
//	arn:partition:lambda: region: account: function: name :qualifier
//
// A text of another form is kept whole as the name, so that the alert shows it,
// and proves nothing about the account.
func parseFunction(text string) function {
	rest := text
	if after, isARN := strings.CutPrefix(text, "arn:"); isARN {
		_, after, _ = strings.Cut(after, ":") // the partition
		if after, isLambda := strings.CutPrefix(after, "lambda:"); isLambda {
			rest = after
		}
	}
	var f function
	if field, after, more := strings.Cut(rest, ":"); more && IsRegion(field) {
		f.region, rest = field, after
	}
	if field, after, more := strings.Cut(rest, ":"); more && isAccountID(field) {
		f.account, rest = field, after
	}
	typed := strings.HasPrefix(rest, "function:")
	name, qualifier, qualified := strings.Cut(strings.TrimPrefix(rest, "function:"), ":")
	if name == "" || strings.Contains(qualifier, ":") || f.account != "" && !qualified && !typed {
		return function{name: text, region: f.region, rival: f.account}
	}
	f.name, f.qualifier = name, qualifier
	return f
}

// readFunctions reads a functionName parameter or a statement's Resource, which
// is one text or a list of them.
func readFunctions(value []byte) []function {
	var functions []function
	var one [1]string
	for _, text := range readTexts(one[:0], value, plainText) {
		if text != "" {
			functions = append(functions, parseFunction(text))
		}
	}
	return functions
}

// isOwned reports whether the text named the function's account.
func (f function) isOwned() bool { return f.account != "" }

// settle decides what a rival account is once the account is known in which
// the event happened: if both are the same, the text was a partial ARN.
func (f function) settle(account string) function {
	if f.rival == "" || f.rival != account {
		return f
	}
	_, name, _ := strings.Cut(f.name, f.rival+":")
	return function{name: name, account: account, region: f.region}
}

// IsRegion reports whether text has the form of a region's name: eu-west-1,
// us-gov-east-1, us-isob-east-1, eusc-de-east-1.
func IsRegion(text string) bool {
	words, rest := 0, text
	for {
		word, after, more := strings.Cut(rest, "-")
		if words, rest = words+1, after; !more {
			return words >= 3 && isMadeOf(word, '0', '9')
		}
		if !isMadeOf(word, 'a', 'z') {
			return false
		}
	}
}

// isMadeOf reports whether a word has characters from first to last and no others.
func isMadeOf(word string, first, last byte) bool {
	for i := range len(word) {
		if word[i] < first || word[i] > last {
			return false
		}
	}
	return word != ""
}

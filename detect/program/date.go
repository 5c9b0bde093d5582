package program

import "time"

// dateSpan is a period in milliseconds since 1970. Both ends belong to it.
type dateSpan struct{ from, to int64 }

const (
	minDate = -1 << 63
	maxDate = 1<<63 - 1
)

// ordered is the period that is before or after a date. That of a date without a time of day is
// before the day or after it.
func (d dateSpan) ordered(o Order) dateSpan {
	switch o {
	case Less:
		return dateSpan{minDate, d.from - 1}
	case LessOrEqual:
		return dateSpan{minDate, d.to}
	case Greater:
		return dateSpan{d.to + 1, maxDate}
	}
	return dateSpan{d.from, maxDate}
}

// dateTest says whether a value is a date in one of the periods.
type dateTest struct{ spans []dateSpan }

func (t *dateTest) check(v Value) Verdict {
	d, ok := asDate(v)
	if !ok {
		return False
	}
	for _, s := range t.spans {
		if s.from <= d.from && d.from <= s.to {
			return True
		}
	}
	return False
}

// asDate is the date that a value is: a number of milliseconds, or text. It does not allocate.
func asDate(v Value) (d dateSpan, ok bool) {
	switch v.kind {
	case KindInt:
		return dateSpan{v.Int(), v.Int()}, true
	case KindFloat:
		if f := v.Float(); f >= -1<<62 && f < 1<<62 {
			return dateSpan{int64(f), int64(f)}, true
		}
	case KindText:
		if d, ok = parseDate(v.text); ok {
			return d, true
		}
		if n, isNumber := parseInteger(v.text); isNumber {
			return dateSpan{n, n}, true
		}
	}
	return dateSpan{}, false
}

// parseDate reads Elasticsearch's strict_date_optional_time: a year of four digits, then as much of
// -MM-DDThh:mm:ss.SSS as there is, then an offset, or UTC without one. What is left out makes the
// date a period. Digits of a second after the third do not count.
func parseDate(s []byte) (d dateSpan, ok bool) {
	p := dateParser{rest: s}
	year, month, day, hour, minute, second, milli := p.digits(4), 1, 1, 0, 0, 0, 0
	next := func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }
	if p.take('-') {
		month, next = p.digits(2), func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
		if p.take('-') {
			day, next = p.digits(2), func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
		}
	}
	offset := 0
	if p.take('T') {
		if len(p.rest) > 0 {
			hour, next = p.digits(2), func(t time.Time) time.Time { return t.Add(time.Hour) }
			if p.take(':') {
				minute, next = p.digits(2), func(t time.Time) time.Time { return t.Add(time.Minute) }
				if p.take(':') {
					second, next = p.digits(2), func(t time.Time) time.Time { return t.Add(time.Second) }
					if p.take('.') || p.take(',') {
						milli, next = p.fraction(), func(t time.Time) time.Time { return t.Add(time.Millisecond) }
					}
				}
			}
			offset = p.offset()
		}
	}
	if p.failed || len(p.rest) > 0 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return dateSpan{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, milli*int(time.Millisecond), time.UTC)
	if t.Day() != day {
		return dateSpan{}, false // the 30th of February
	}
	shift := int64(offset) * 60_000
	return dateSpan{t.UnixMilli() - shift, next(t).UnixMilli() - 1 - shift}, true
}

// dateParser takes a date apart from left to right.
type dateParser struct {
	rest   []byte
	failed bool
}

func (p *dateParser) take(c byte) bool {
	if len(p.rest) > 0 && p.rest[0] == c {
		p.rest = p.rest[1:]
		return true
	}
	return false
}

// digits reads a number of exactly n digits.
func (p *dateParser) digits(n int) int {
	if len(p.rest) < n {
		p.failed = true
		return 0
	}
	value := 0
	for _, c := range p.rest[:n] {
		if c < '0' || c > '9' {
			p.failed = true
			return 0
		}
		value = 10*value + int(c-'0')
	}
	p.rest = p.rest[n:]
	return value
}

// fraction reads one to nine digits of a second, and returns milliseconds.
func (p *dateParser) fraction() int {
	milli, n := 0, 0
	for ; n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9'; n++ {
		if n < 3 {
			milli = 10*milli + int(p.rest[n]-'0')
		}
	}
	for i := n; i < 3; i++ {
		milli *= 10
	}
	p.failed = p.failed || n == 0 || n > 9
	p.rest = p.rest[n:]
	return milli
}

// offset reads Z, +02:00, +0200 or +02, and returns minutes.
func (p *dateParser) offset() int {
	sign := 1
	switch {
	case len(p.rest) == 0 || p.take('Z'):
		return 0
	case p.take('-'):
		sign = -1
	case !p.take('+'):
		p.failed = true
		return 0
	}
	hours, minutes := p.digits(2), 0
	if p.take(':') || len(p.rest) > 0 {
		minutes = p.digits(2)
	}
	p.failed = p.failed || hours > 18 || minutes > 59
	return sign * (60*hours + minutes)
}

package main

import "testing"

func TestASectionTakesThePlaceOfTheOneWithItsHeading(t *testing.T) {
	report := "# What it costs\n\n## A\n\nold\n\n### a part of A\n\n## B\n\nkept\n"
	want := "# What it costs\n\n## A\n\nnew\n\n## B\n\nkept\n"
	if got := replace(report, "## A\n\nnew\n\n"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestANewSectionGoesToTheEnd(t *testing.T) {
	want := "# What it costs\n\n## A\n\nkept\n\n## B\n\nnew\n"
	if got := replace("# What it costs\n\n## A\n\nkept\n", "## B\n\nnew\n"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTheFirstSectionMakesTheReport(t *testing.T) {
	want := "# What it costs\n\n## A\n\nnew\n"
	if got := replace("", "## A\n\nnew\n"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestHowLongTheBenchTookStaysAtTheEnd(t *testing.T) {
	took := "\n## How long the bench took\n\n1 s\n"
	want := "# What it costs\n\n## A\n\nkept\n\n## B\n\nnew\n" + took
	if got := replace("# What it costs\n\n## A\n\nkept\n"+took, "## B\n\nnew\n"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

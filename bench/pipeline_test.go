package main

import (
	"math"
	"testing"
)

func TestASetupIsComparedWithAnotherOneOnBothProcessors(t *testing.T) {
	for name, c := range map[string]struct {
		took                    times
		firstStart, secondStart float64
		want                    float64
	}{
		"a tenth more":                                   {times{{1, 1.1}, {1, 1.1}}, 0, 0, 1.1},
		"the second processor is half as fast":           {times{{1, 2.2}, {2, 1.1}}, 0, 0, 1.1},
		"the machine is half as fast for the second run": {times{{1, 1.1}, {2, 2.2}}, 0, 0, 1.1},
		"starts are not a cost of events":                {times{{1.5, 2.1}, {1.5, 2.1}}, 0.5, 1, 1.1},
	} {
		if got := swapped(c.took, c.firstStart, c.secondStart); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestTheMedianOfAnEvenNumberIsBetweenTheTwoInTheMiddle(t *testing.T) {
	for want, values := range map[float64][]float64{2: {3, 1, 2}, 2.5: {4, 1, 3, 2}, 7: {7}} {
		if got := median(values); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

package main

import (
	"reflect"
	"testing"
)

func TestAStartIsNotACostOfEvents(t *testing.T) {
	feeds := []feed{{events: 10}, {events: 100}}
	got := costOf([]float64{0.5, 1.5, 10.5, 1, 3, 21}, feeds)
	if want := (cost{start: []float64{0.5, 1}, event: [][]float64{{0.1, 0.1}, {0.2, 0.2}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestTheMedianOfAnEvenNumberIsBetweenTheTwoInTheMiddle(t *testing.T) {
	for want, values := range map[float64][]float64{2: {3, 1, 2}, 2.5: {4, 1, 3, 2}, 7: {7}} {
		if got := median(values); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

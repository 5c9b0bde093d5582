package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
)

// grantGraph shows who granted what to which account. Nodes are accounts,
// services, organizations and anyone; edges are grants. They are drawn in layers
// from left to right: an account that was let in, and then let in a third one, is
// between the two.
//
// Heights are in pixels. Across the page, cards keep their width and the gaps share
// the rest: layers and gaps are the columns of a grid, and the curves in a gap are
// stretched to its width. Layout libraries place points on a plane of a fixed
// width, where text shrinks with the page.
type grantGraph struct {
	Columns []graphColumn
	Height  int
	Dense   bool       // with more edges than the eye can follow
	Rows    []graphRow // the same as a table
	More    int        // rows beyond the table
	Hidden  int        // accounts that are drawn as one
	nodes   []*graphNode

	grantors, grantees map[string]bool // those that are drawn as one
}

// The keys of the nodes that collect the accounts that would not fit.
const (
	furtherGrantors = "\x00grantors"
	furtherGrantees = "\x00grantees"
)

// graphColumn is a layer, or the gap between two; the other one is nil.
type graphColumn struct {
	Layer *graphLayer
	Gap   *graphGap
}

type graphLayer struct {
	Nodes []*graphNode
	Pass  []graphPass
}

// graphPass is where an edge goes through a layer.
type graphPass struct {
	graphEdge
	Y int
}

// graphGap is what is between two layers.
type graphGap struct {
	Edges  []graphEdge
	Labels []graphLabel
}

type graphNode struct {
	ID       int
	Key      string
	Label    string
	Sub      string
	More     string // of the same, left out on a narrow page
	Filter   string // what the account filter is set to; empty for none
	Relation string // class: the worst that it was let in by; empty for a mere grantor
	Title    string
	Y        int // its middle

	layer     int
	order     float64
	in, out   int // grants
	resources map[string]bool
	dummy     bool      // an edge goes through the layer here
	edge      graphEdge // that edge
}

type graphEdge struct {
	From, To int // IDs of accounts
	Relation string
	Path     string
	Width    string
	Title    string
}

type graphLabel struct {
	X    string // percent of the gap
	Y    int
	Text string
}

// graphRow is an edge as a row of a table.
type graphRow struct {
	From, To      string
	RelationLabel string
	Resources     []string
	Actors        []string
	Count         int
	Last          string
}

// The measures of the graph.
const (
	cardHeight  = 48
	cardSpace   = 62 // from one card's middle to the next
	passSpace   = 26 // the same for an edge that goes through a layer
	mostGrantee = 12
	mostGrantor = 10
	mostRows    = 200
	mostLabels  = 14
	labelLength = 20
	mostLayers  = 4
	manyEdges   = 60
)

// link is all grants of one relation between two accounts.
type link struct {
	from, to    string // keys
	relation    string
	resources   names
	actors      names
	count       int             // different grants, however many alerts there are about one
	counted     map[string]bool // them
	last        time.Time
	grantor     string
	grantee     string
	fromAccount bool
	toFilter    string
}

// newGrantGraph lays the graph out; nil if nothing was granted.
func newGrantGraph(links []*link) *grantGraph {
	if len(links) == 0 {
		return nil
	}
	g := &grantGraph{grantors: make(map[string]bool), grantees: make(map[string]bool)}
	for _, l := range links[:min(len(links), mostRows)] {
		row := graphRow{
			From: l.grantor, To: l.grantee, RelationLabel: relationLabel(l.relation),
			Resources: l.resources.some(), Actors: l.actors.some(), Count: l.count,
		}
		if !l.last.IsZero() {
			row.Last = l.last.Format("2 Jan 2006 15:04")
		}
		g.Rows = append(g.Rows, row)
	}
	g.More = len(links) - len(g.Rows)
	g.draw(g.fold(links))
	return g
}

// collectLinks joins the grants of the alerts, the worst relations first.
func collectLinks(alerts []reportedAlert) []*link {
	index := make(map[string]*link)
	var links []*link
	for i := range alerts {
		for _, g := range alerts[i].Grants {
			key := g.grantor() + "\x00" + g.grantee() + "\x00" + g.Relation
			l := index[key]
			if l == nil {
				l = newLink(g)
				index[key] = l
				links = append(links, l)
			}
			l.add(&alerts[i], g)
		}
	}
	slices.SortStableFunc(links, func(a, b *link) int {
		return cmp.Or(cmp.Compare(rankIn(relationOrder, a.relation), rankIn(relationOrder, b.relation)),
			cmp.Compare(b.count, a.count), strings.Compare(a.from, b.from), strings.Compare(a.to, b.to))
	})
	return links
}

func newLink(g *reportedGrant) *link {
	grantor, grantee := g.grantor(), g.grantee()
	return &link{
		from: grantor, to: grantee, relation: knownRelation(g.Relation), grantor: grantor, grantee: grantee,
		counted:     make(map[string]bool),
		fromAccount: g.FunctionAccount != "", toFilter: cmp.Or(g.Account, g.Organization),
	}
}

// add counts a grant of an alert.
func (l *link) add(a *reportedAlert, g *reportedGrant) {
	if key := a.event + "\x00" + g.resourceKey() + "\x00" + g.Principal + "\x00" + g.Statement + "\x00" + g.Action; !l.counted[key] {
		l.counted[key] = true
		l.count++
	}
	if a.Time.After(l.last) {
		l.last = a.Time
	}
	if name := g.ResourceText(); name != "" {
		l.resources.add(g.resourceKey(), name)
	}
	if a.Actor != "" {
		l.actors.add(a.Actor, a.Actor)
	}
}

// names is a list of what is different. Two may have the same name: queues of two regions.
type names struct {
	keys []string
	list []string // their names
	seen map[string]bool
}

func (n *names) add(key, name string) {
	if n.seen[key] {
		return
	}
	if n.seen == nil {
		n.seen = make(map[string]bool)
	}
	n.seen[key] = true
	n.keys, n.list = append(n.keys, key), append(n.list, name)
}

// some is the first few names, and how many more there are.
func (n *names) some() []string {
	const shown = 4
	if len(n.list) <= shown {
		return n.list
	}
	return append(n.list[:shown:shown], fmt.Sprintf("%d more", len(n.list)-shown))
}

// fold draws the accounts that would not fit as one. Links are sorted: those
// that matter most stay.
func (g *grantGraph) fold(links []*link) []*link {
	grantors, grantees := firstOf(links, mostGrantor, func(l *link) string { return l.from }),
		firstOf(links, mostGrantee, func(l *link) string { return l.to })
	kept := func(key string) bool { return grantors[key] || grantees[key] }
	hidden := make(map[string]bool)
	index := make(map[string]*link)
	var folded []*link
	for _, l := range links {
		one := *l
		if !kept(l.from) {
			hidden[l.from] = true
			g.grantors[l.from] = true
			one.from = furtherGrantors
		}
		if !kept(l.to) {
			hidden[l.to] = true
			g.grantees[l.to] = true
			one.to = furtherGrantees
		}
		key := one.from + "\x00" + one.to + "\x00" + one.relation
		have := index[key]
		if have == nil {
			one.count, one.resources = 0, names{}
			have = &one
			index[key] = have
			folded = append(folded, have)
		}
		have.count += l.count
		for i, key := range l.resources.keys {
			have.resources.add(key, l.resources.list[i])
		}
	}
	g.Hidden = len(hidden)
	return folded
}

// firstOf returns the first n different keys.
func firstOf(links []*link, n int, key func(*link) string) map[string]bool {
	first := make(map[string]bool)
	for _, l := range links {
		if len(first) == n {
			break
		}
		first[key(l)] = true
	}
	return first
}

// draw lays the links out: layers, the order within them, heights, curves.
func (g *grantGraph) draw(links []*link) {
	nodes := make(map[string]*graphNode)
	node := func(key string) *graphNode {
		n := nodes[key]
		if n == nil {
			n = &graphNode{ID: len(g.nodes) + 1, Key: key, resources: make(map[string]bool)}
			nodes[key] = n
			g.nodes = append(g.nodes, n)
		}
		return n
	}
	// A grant that leads back, to the account itself or to one before it, would
	// close a circle: its grantee is drawn a second time. If the chains are too
	// long to draw, so is every grantee that is a grantor too.
	twice := func(l *link) bool { return false }
	if chainLength(links) > mostLayers {
		grantors := firstOf(links, len(links), func(l *link) string { return l.from })
		twice = func(l *link) bool { return grantors[l.to] }
	}
	forward := make(map[string][]string)
	type segment struct {
		from, to *graphNode
		link     *link
		ends     [2]int // IDs of the accounts
		label    bool
	}
	var segments []segment
	for _, l := range links {
		to := l.to
		if twice(l) || l.from == l.to || reaches(forward, l.to, l.from) {
			to = l.to + "\x00again"
		}
		forward[l.from] = append(forward[l.from], to)
		from, target := node(l.from), node(to)
		from.out += l.count
		target.in += l.count
		for _, key := range l.resources.keys {
			from.resources[key] = true
		}
		if target.Relation == "" || rankIn(relationOrder, l.relation) < rankIn(relationOrder, target.Relation) {
			target.Relation = l.relation
		}
		if l.fromAccount && l.from == l.grantor {
			from.Filter = l.from
		}
		if l.to == l.grantee {
			target.Filter = l.toFilter
		}
		segments = append(segments, segment{from, target, l, [2]int{from.ID, target.ID}, true})
	}
	for changed := true; changed; {
		changed = false
		for _, s := range segments {
			if s.to.layer <= s.from.layer {
				s.to.layer, changed = s.from.layer+1, true
			}
		}
	}
	// An edge over several layers goes through those between at a height of
	// its own.
	for i := 0; i < len(segments); i++ {
		s := segments[i]
		if s.to.layer-s.from.layer == 1 {
			continue
		}
		pass := &graphNode{layer: s.from.layer + 1, dummy: true}
		g.nodes = append(g.nodes, pass)
		segments[i].to = pass
		segments = append(segments, segment{pass, s.to, s.link, s.ends, false})
	}
	var layers [][]*graphNode
	for _, n := range g.nodes {
		for len(layers) <= n.layer {
			layers = append(layers, nil)
		}
		n.order = float64(len(layers[n.layer]))
		layers[n.layer] = append(layers[n.layer], n)
	}
	before, after := make(map[*graphNode][]*graphNode), make(map[*graphNode][]*graphNode)
	for _, s := range segments {
		after[s.from] = append(after[s.from], s.to)
		before[s.to] = append(before[s.to], s.from)
	}
	order(layers, before, after)
	g.Dense = len(segments) > manyEdges
	g.Height = arrange(layers, before, after)

	gaps := make([]graphGap, len(layers)-1)
	for _, s := range segments {
		gap, edge := &gaps[s.from.layer], newGraphEdge(s.link, s.ends)
		edge.Path = fmt.Sprintf("M0 %dC50 %d 50 %d 100 %d", s.from.Y, s.from.Y, s.to.Y, s.to.Y)
		gap.Edges = append(gap.Edges, edge)
		if s.from.dummy {
			s.from.edge = edge
		}
		if s.label && len(links) <= mostLabels {
			gap.label(s.from.Y, s.to.Y, s.link, len(after[s.from])-len(before[s.to]))
		}
	}
	for i, nodes := range layers {
		l := &graphLayer{}
		for _, n := range nodes {
			if n.dummy {
				l.Pass = append(l.Pass, graphPass{n.edge, n.Y})
				continue
			}
			g.describe(n)
			l.Nodes = append(l.Nodes, n)
		}
		g.Columns = append(g.Columns, graphColumn{Layer: l})
		if i < len(gaps) {
			g.Columns = append(g.Columns, graphColumn{Gap: &gaps[i]})
		}
	}
	g.nodes = nil
}

// chainLength returns the length of the longest chain of accounts, each of
// which let in the next one. Circles are cut.
func chainLength(links []*link) int {
	forward := make(map[string][]string)
	layer := make(map[string]int)
	var kept []*link
	for _, l := range links {
		if l.from != l.to && !reaches(forward, l.to, l.from) {
			forward[l.from] = append(forward[l.from], l.to)
			kept = append(kept, l)
		}
	}
	longest := 1
	for changed := true; changed; {
		changed = false
		for _, l := range kept {
			if layer[l.to] <= layer[l.from] {
				layer[l.to], changed = layer[l.from]+1, true
				longest = max(longest, layer[l.to]+1)
			}
		}
	}
	return longest
}

func newGraphEdge(l *link, ends [2]int) graphEdge {
	return graphEdge{
		From: ends[0], To: ends[1], Relation: l.relation,
		Width: fmt.Sprintf("%.1f", min(6, 1.5+math.Log2(float64(l.count))*0.6)),
		Title: fmt.Sprintf("%s to %s (%s): %s", l.grantor, l.grantee, relationLabel(l.relation), terminal.Counted(l.count, "grant")),
	}
}

// reaches reports whether a way leads from one key to another.
func reaches(forward map[string][]string, from, to string) bool {
	seen := map[string]bool{from: true}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			return true
		}
		for _, next := range forward[queue[0]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return false
}

// order sorts the nodes of each layer by the middle of their neighbors, back
// and forth a few times, so that few edges cross.
func order(layers [][]*graphNode, before, after map[*graphNode][]*graphNode) {
	sortBy := func(layer []*graphNode, neighbors map[*graphNode][]*graphNode) {
		for _, n := range layer {
			if len(neighbors[n]) == 0 {
				continue
			}
			sum := 0.0
			for _, m := range neighbors[n] {
				sum += m.order
			}
			n.order = sum / float64(len(neighbors[n]))
		}
		slices.SortStableFunc(layer, func(a, b *graphNode) int { return cmp.Compare(a.order, b.order) })
		for i, n := range layer {
			n.order = float64(i)
		}
	}
	for range 6 {
		for _, layer := range layers[1:] {
			sortBy(layer, before)
		}
		for i := len(layers) - 2; i >= 0; i-- {
			sortBy(layers[i], after)
		}
	}
}

// arrange gives every node its height and returns that of the graph. The fullest
// layer is set evenly. In the others a node is as near to the middle of its
// neighbors as the nodes above and below allow.
func arrange(layers [][]*graphNode, before, after map[*graphNode][]*graphNode) int {
	height := 0
	for _, layer := range layers {
		height = max(height, stack(layer))
	}
	for _, layer := range layers {
		y := (height - stack(layer)) / 2
		for _, n := range layer {
			n.Y = y + n.space()/2
			y += n.space()
		}
	}
	for range 4 {
		for _, layer := range layers {
			if stack(layer) == height {
				continue
			}
			for _, n := range layer {
				neighbors := append(slices.Clone(before[n]), after[n]...)
				sum := 0
				for _, m := range neighbors {
					sum += m.Y
				}
				n.Y = sum / len(neighbors)
			}
			top := 0
			for _, n := range layer {
				n.Y = max(n.Y, top+n.space()/2)
				top = n.Y + n.space()/2
			}
			bottom := height
			for _, n := range slices.Backward(layer) {
				n.Y = min(n.Y, bottom-n.space()/2)
				bottom = n.Y - n.space()/2
			}
		}
	}
	return height
}

// stack is the height of a layer that is packed.
func stack(layer []*graphNode) int {
	height := 0
	for _, n := range layer {
		height += n.space()
	}
	return height
}

func (n *graphNode) space() int {
	if n.dummy {
		return passSpace
	}
	return cardSpace
}

// Top is where the node's card begins.
func (n *graphNode) Top() int { return n.Y - cardHeight/2 }

// describe fills in what the node's card says.
func (g *grantGraph) describe(n *graphNode) {
	n.Sub, n.More = relationLabel(n.Relation), ", "+terminal.Counted(n.in, "grant")
	if n.out > 0 {
		n.Sub, n.More = "opened "+terminal.Counted(len(n.resources), "resource"), ""
		if n.in > 0 {
			n.More = " · " + terminal.Counted(n.in, "grant")
		}
	}
	switch key := strings.TrimSuffix(n.Key, "\x00again"); key {
	case furtherGrantors:
		n.Label, n.Sub, n.More = "further accounts", terminal.Counted(len(g.grantors), "account"), ""
	case furtherGrantees:
		n.Label, n.Sub = "further principals", terminal.Counted(len(g.grantees), "principal")
	default:
		n.Label = shortLabel(key)
		n.Title = key
	}
	if n.Title == "" {
		n.Title = n.Label
	}
	n.Title += ": " + n.Sub + n.More
}

// shortLabel is a name that fits on a card: the end of an ARN says more than
// its beginning.
func shortLabel(name string) string {
	r := []rune(name)
	if len(r) <= labelLength {
		return name
	}
	if strings.HasPrefix(name, "arn:") {
		return "…" + string(r[len(r)-labelLength+1:])
	}
	return string(r[:labelLength-1]) + "…"
}

// label puts the names of the resources on the edge of a link, where there is
// no other label.
//
// It is where fewer edges are: towards the end that has only one.
func (g *graphGap) label(from, to int, l *link, fan int) {
	text := ""
	switch len(l.resources.list) {
	case 0:
		return
	case 1:
		text = shortLabel(l.resources.list[0])
	default:
		text = terminal.Counted(len(l.resources.list), "resource")
	}
	spots := []float64{0.5, 0.62, 0.38, 0.7, 0.3}
	if fan > 0 {
		spots = []float64{0.7, 0.62, 0.54, 0.76}
	} else if fan < 0 {
		spots = []float64{0.3, 0.38, 0.46, 0.24}
	}
	for _, t := range spots {
		x := 1.5*t*(1-t) + t*t*t
		y := float64(from) + float64(to-from)*t*t*(3-2*t)
		spot := graphLabel{X: fmt.Sprintf("%.1f%%", 100*x), Y: int(y) + 4, Text: text}
		if !slices.ContainsFunc(g.Labels, func(other graphLabel) bool { return abs(other.Y-spot.Y) < 18 }) {
			g.Labels = append(g.Labels, spot)
			return
		}
	}
}

func abs(n int) int { return max(n, -n) }

// style is the part of the page's style that depends on the graph.
func (g *grantGraph) style() string {
	if g == nil {
		return ""
	}
	return fmt.Sprintf(".graph { grid-template-columns: repeat(%d, var(--card) minmax(var(--gap), 1fr)) var(--card); }\n", len(g.Columns)/2)
}

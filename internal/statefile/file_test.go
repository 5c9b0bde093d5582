package statefile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/trailwire/trailwire/detect/state"
)

var noon = time.Date(2026, 6, 18, 12, 0, 0, 0, time.UTC)

// set is the set that tests use.
func set(f *File) *state.Set { return f.Memory().Set("rule", 24*time.Hour, noon) }

func see(s *state.Set, term int) (seen bool) {
	return s.Seen(state.KeyOf(binary.BigEndian.AppendUint64(s.Begin(nil), uint64(term))), noon, noon)
}

// opened opens a file that can be used as it is.
func opened(t testing.TB, path string) *File {
	t.Helper()
	f, warning, err := Open(path, Owner{Name: "trailwire.0"}, 0, noon)
	if err != nil || warning != "" {
		t.Fatal(warning, err)
	}
	return f
}

func TestWhatIsRememberedOutlivesTheInstance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f := opened(t, path)
	for i := range 10_000 {
		see(set(f), i)
	}
	f.Close()
	f.Close() // twice is once
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	f = opened(t, path)
	defer f.Close()
	for i := range 10_000 {
		if !see(set(f), i) {
			t.Fatalf("term %d is forgotten", i)
		}
	}
	if names, _ := filepath.Glob(path + "*"); len(names) != 1 {
		t.Errorf("there are also %v", names)
	}
}

func TestAChangeIsWrittenSoon(t *testing.T) {
	defer func(before time.Duration) { interval = before }(interval)
	interval = time.Millisecond
	path := filepath.Join(t.TempDir(), "state")
	f := opened(t, path)
	defer f.Close()
	see(set(f), 1)
	for deadline := time.Now().Add(10 * time.Second); ; {
		entries := 0
		f.store.saving.Lock()
		err := f.store.db.View(func(tx *bolt.Tx) error {
			if b := tx.Bucket(bucketName); b != nil && b.Bucket(pagesName) != nil {
				entries = len(b.Bucket(pagesName).Get(pageKey(0)))
			}
			return nil
		})
		f.store.saving.Unlock()
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("nothing was written: %v", err)
		}
		if entries > 1 {
			return
		}
	}
}

// The process that is killed is this test, with a variable set.
func TestWhatIsRememberedOutlivesSIGKILL(t *testing.T) {
	if path := os.Getenv("TRAILWIRE_STATE_OF_CHILD"); path != "" {
		interval = time.Millisecond
		f, _, err := Open(path, Owner{Name: "child"}, 0, noon)
		if err != nil {
			fmt.Println(err)
			return
		}
		s := set(f)
		for i := 0; ; i++ {
			see(s, i)
			if i == 20_000 {
				f.store.saving.Lock()
				f.store.write()
				f.store.saving.Unlock()
				fmt.Println("written")
			}
		}
	}
	path := filepath.Join(t.TempDir(), "state")
	for range 5 {
		child := exec.Command(os.Args[0], "-test.run", "^TestWhatIsRememberedOutlivesSIGKILL$")
		child.Env = append(os.Environ(), "TRAILWIRE_STATE_OF_CHILD="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if line, _ := bufio.NewReader(out).ReadString('\n'); line != "written\n" {
			t.Errorf("the child says %q", line)
		}
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // it may be writing
		_ = child.Process.Kill()
		_ = child.Wait()
		f := opened(t, path)
		for i := range 20_001 {
			if !see(set(f), i) {
				t.Fatalf("term %d is forgotten", i)
			}
		}
		f.Close()
	}
}

func TestAHotReloadSharesTheMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	before, _, err := Open(path, Owner{"trailwire.0", 1}, 0, noon)
	if err != nil {
		t.Fatal(err)
	}
	see(set(before), 1)
	after, _, err := Open(path, Owner{"trailwire.0", 2}, 0, noon)
	if err != nil {
		t.Fatal(err)
	}
	if !see(set(after), 1) {
		t.Error("the new instance does not know what the old one does")
	}
	before.Close()
	see(set(after), 2)
	after.Close()
	last := opened(t, path)
	defer last.Close()
	if !see(set(last), 2) {
		t.Error("what came after the old instance had ended is forgotten")
	}
}

func TestAFileHasOneUser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f, _, err := Open(path, Owner{"first", 7}, 0, noon)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := fmt.Sprintf("%q: first uses this file already: each instance needs one of its own", path)
	for _, other := range []Owner{{"second", 7}, {"first", 7}, {"second", 0}} {
		if _, _, err := Open(path, other, 0, noon); err == nil || err.Error() != want {
			t.Errorf("%v: %v", other, err)
		}
	}
	// Another process has another lock on it, as another name for it has.
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Link(path, link); err != nil {
		t.Skip(err)
	}
	want = fmt.Sprintf("%q: another process uses this file: each needs one of its own", link)
	if _, _, err := Open(link, Owner{Name: "x"}, 0, noon); err == nil || err.Error() != want {
		t.Error(err)
	}
}

func TestAPathThatCannotBeUsedIsAnError(t *testing.T) {
	folder := t.TempDir()
	for path, want := range map[string]string{
		folder:                 "it is not a file: name the file to keep the state in, in a folder that is there",
		folder + "/none/state": "no such file or directory",
		"/dev/null":            "it is not a file: name the file to keep the state in, in a folder that is there",
		folder + "/state\x00":  "invalid argument",
		folder + "/readonly/s": "permission denied",
		folder + "/unreadable": "permission denied",
	} {
		if strings.Contains(want, "permission") {
			if os.Getuid() == 0 {
				continue
			}
			_ = os.Mkdir(folder+"/readonly", 0o500)
			_ = os.WriteFile(folder+"/unreadable", nil, 0)
		}
		if _, _, err := Open(path, Owner{}, 0, noon); err == nil || err.Error() != fmt.Sprintf("%q: %s", path, want) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestAFileThatIsBrokenOrForeignIsSetAside(t *testing.T) {
	folder := t.TempDir()
	good := filepath.Join(folder, "good")
	f := opened(t, good)
	for i := range 20_000 {
		see(set(f), i)
	}
	f.Close()
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(data []byte) []byte) []byte { return f(append([]byte(nil), whole...)) }
	foreign := filepath.Join(folder, "foreign")
	db, err := bolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("another program's")); return err })
	_ = db.Close()
	anothers, _ := os.ReadFile(foreign)
	page := os.Getpagesize()
	for name, test := range map[string]struct {
		data []byte
		why  string
	}{
		"text":                  {[]byte("not a database, but a line\n"), "invalid database"},
		"another's database":    {anothers, "it is not a state file"},
		"half":                  {change(func(d []byte) []byte { return d[:len(d)/2] }), "a part of it is missing"},
		"its beginning":         {change(func(d []byte) []byte { return d[:2*page] }), "a part of it is missing"},
		"zeros after the start": {change(func(d []byte) []byte { clear(d[2*page:]); return d }), ""},
		"zeros":                 {change(func(d []byte) []byte { clear(d); return d }), "invalid database"},
		"noise after the start": {change(func(d []byte) []byte {
			for i := range d[2*page:] {
				d[2*page+i] = byte(i * 7)
			}
			return d
		}), ""},
	} {
		path := filepath.Join(folder, "state")
		if err := os.WriteFile(path, test.data, 0o600); err != nil {
			t.Fatal(err)
		}
		f, warning, err := Open(path, Owner{}, 0, noon)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.HasPrefix(warning, fmt.Sprintf(`property "state_path": %q cannot be read (`, path)) || !strings.Contains(warning, test.why) || strings.Contains(warning, "\n") ||
			!strings.HasSuffix(warning, fmt.Sprintf(`): it is now %q, and the rules begin with an empty memory`, path+".broken")) {
			t.Errorf("%s: %s", name, warning)
		}
		if see(set(f), 1) {
			t.Errorf("%s: the memory is not empty", name)
		}
		f.Close()
		if aside, err := os.ReadFile(path + ".broken"); err != nil || string(aside) != string(test.data) {
			t.Errorf("%s: what was set aside is another file, %v", name, err)
		}
		if again := opened(t, path); !see(set(again), 1) {
			t.Errorf("%s: the new file keeps nothing", name)
		} else {
			again.Close()
		}
	}
}

// Whatever bytes change, the process lives. The file is set aside, or read.
func TestAFileWithWrongBytesDoesNotEndTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f := opened(t, path)
	for i := range 5_000 {
		see(set(f), i)
	}
	f.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	aside := 0
	for i := range 300 {
		data := append([]byte(nil), whole...)
		for range 1 + i%20 {
			// Most often where the structure is: at the beginning of pages.
			at := rand.IntN(len(data))
			if i%2 == 0 {
				at = at/os.Getpagesize()*os.Getpagesize() + rand.IntN(64)
			}
			data[at] ^= byte(1 << rand.IntN(8))
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		f, warning, err := Open(path, Owner{}, 0, noon)
		if err != nil {
			t.Fatal(err)
		}
		if warning != "" {
			aside++
		}
		for i := range 100 {
			see(set(f), i)
		}
		f.Close()
		_ = os.Remove(path + openingEnding)
	}
	if aside == 0 {
		t.Error("no file was set aside: the test shows nothing")
	}
	t.Logf("%d of 300 were set aside", aside)
}

func TestAFileThatEndsTheProcessIsSetAsideInTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f := opened(t, path)
	see(set(f), 1)
	f.Close()
	for _, tries := range []int{attempts - 1, attempts} {
		// Each of these starts has ended before the file was read.
		if err := os.WriteFile(path+openingEnding, []byte(strings.Repeat(".", tries)), 0o600); err != nil {
			t.Fatal(err)
		}
		f, warning, err := Open(path, Owner{}, 0, noon)
		if err != nil {
			t.Fatal(err)
		}
		if kept := see(set(f), 1); kept != (tries < attempts) || (warning == "") != kept {
			t.Errorf("after %d starts: kept %t, %q", tries, kept, warning)
		}
		f.Close()
	}
}

func TestADiskThatIsFullIsToldOf(t *testing.T) {
	defer func(before time.Duration) { interval = before }(interval)
	interval = time.Hour
	path := filepath.Join(t.TempDir(), "state")
	f := opened(t, path)
	defer f.Close()
	see(set(f), 1)
	if line, due := f.Trouble(); due {
		t.Error(line)
	}
	f.store.db.MaxSize = 1 // as full as a database can be
	for i := range 200_000 {
		see(set(f), i)
	}
	f.store.save()
	line, due := f.Trouble()
	if want := fmt.Sprintf("what rules remember cannot be kept in %q: ", path); !due || !strings.HasPrefix(line, want) || !strings.HasSuffix(line, "(1 times so far)") || f.Failed() != 1 {
		t.Errorf("%t %s", due, line)
	}
	if _, due := f.Trouble(); due {
		t.Error("told twice")
	}
	f.store.db.MaxSize = 0
	f.store.save()
	f.Close()
	f = opened(t, path)
	for i := range 200_000 {
		if !see(set(f), i) {
			t.Fatalf("term %d is lost after the disk had room again", i)
		}
	}
}

// What a flood costs: a million new terms, written every Interval.
func BenchmarkAMillionNewTermsWithAFile(b *testing.B) {
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "state")
		f := opened(b, path)
		s := set(f)
		for i := range 1_000_000 {
			see(s, i)
		}
		f.Close()
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/1e6, "MB")
	}
}

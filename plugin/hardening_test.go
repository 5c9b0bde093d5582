package main_test

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// These tests read the shared object as a file: what an exploit would find in
// it, what a host could be bound to by mistake, and whether anybody else who
// builds it gets the same.

func openPlugin(t *testing.T) *elf.File {
	t.Helper()
	file, err := elf.Open(plugin(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func TestTheSharedObjectIsReadOnlyWhereItCanBe(t *testing.T) {
	file := openPlugin(t)
	flags, err := file.DynValue(elf.DT_FLAGS)
	if err != nil {
		t.Fatal(err)
	}
	if len(flags) != 1 || elf.DynFlag(flags[0])&elf.DF_BIND_NOW == 0 {
		t.Errorf("the flags %x do not bind all symbols at load (-z now)", flags)
	}
	seen := map[elf.ProgType]bool{}
	for _, p := range file.Progs {
		seen[p.Type] = true
		if p.Flags&elf.PF_W != 0 && p.Flags&elf.PF_X != 0 {
			t.Errorf("a segment of %d bytes at %#x is writable and executable", p.Memsz, p.Vaddr)
		}
		if p.Type == elf.PT_GNU_STACK && p.Flags&elf.PF_X != 0 {
			t.Error("it asks for an executable stack")
		}
	}
	// Without the mark a loader may take the stack for an executable one.
	for _, want := range []elf.ProgType{elf.PT_GNU_RELRO, elf.PT_GNU_STACK} {
		if !seen[want] {
			t.Errorf("there is no %s", want)
		}
	}
}

func TestTheCallbacksInCAreGuardedAgainstOverflowsOfTheStack(t *testing.T) {
	imported, err := openPlugin(t).ImportedSymbols()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(imported, func(s elf.ImportedSymbol) bool { return s.Name == "__stack_chk_fail" }) {
		t.Error("nothing calls __stack_chk_fail: plugin/filter and plugin/output are to be compiled with -fstack-protector-strong")
	}
}

func TestTheSharedObjectExportsWhatHostsLookForAndNothingElse(t *testing.T) {
	symbols, err := openPlugin(t).DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	var exported []string
	for _, s := range symbols {
		if s.Section != elf.SHN_UNDEF {
			exported = append(exported, s.Name)
		}
	}
	slices.Sort(exported)
	want := []string{
		"FLBPluginExit", "FLBPluginExitCtx", "FLBPluginFlush", "FLBPluginFlushCtx",
		"FLBPluginInit", "FLBPluginRegister", "FLBPluginUnregister",
		"filter_trailwire_plugin", "in_trailwire_plugin",
	}
	if !slices.Equal(exported, want) {
		t.Errorf("it exports\n%s\nwant\n%s\n(see plugin/exports.map)", strings.Join(exported, "\n"), strings.Join(want, "\n"))
	}
}

// The second build has another folder, another time and nothing that the first
// one left behind.
func TestBuildingTwiceGivesTheSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds everything twice")
	}
	elsewhere := folder(t)
	for _, name := range []string{"Makefile", "go.mod", "go.sum"} {
		if err := os.WriteFile(filepath.Join(elsewhere, name), []byte(read(t, filepath.Join("..", name))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cmd", "detect", "internal", "plugin"} {
		if err := os.CopyFS(filepath.Join(elsewhere, name), os.DirFS(filepath.Join("..", name))); err != nil {
			t.Fatal(err)
		}
	}
	build := func(sources string, environment ...string) []byte {
		t.Helper()
		to := folder(t)
		file := filepath.Join(to, "flb-filter_trailwire.so")
		command := exec.Command("make", "-C", sources, "BUILD="+to, file)
		// The test may run in a make that has variables of its own.
		command.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MAKE") }), environment...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return []byte(read(t, file))
	}
	here, there := build(".."), build(elsewhere, "GOCACHE="+folder(t), "SOURCE_DATE_EPOCH=1")
	if len(here) == 0 || !bytes.Equal(here, there) {
		t.Errorf("%d bytes here and %d elsewhere, and not the same ones", len(here), len(there))
	}
}

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, args ...string) {
	t.Helper()
	if err := run(args); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
}

func TestASignatureIsVerifiedAndAChangedFileIsRefused(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	folder := t.TempDir()
	key, other, file := filepath.Join(folder, "key"), filepath.Join(folder, "other"), filepath.Join(folder, "out", "SHA256SUMS")
	write(t, filepath.Join(folder, "out", "a"), "the first file")
	must(t, "sums", filepath.Dir(file))
	must(t, "key", key)
	must(t, "key", other)
	must(t, "sign", key, file)
	must(t, "verify", key+".pub", file)
	if err := run([]string{"key", key}); err == nil {
		t.Error("a key was written over")
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the secret key: %v, %v", info.Mode(), err)
	}
	if err := run([]string{"verify", other + ".pub", file}); err == nil || !strings.Contains(err.Error(), "is not by") {
		t.Errorf("a signature by another key: %v", err)
	}
	minisign, err := exec.LookPath("minisign")
	if err == nil {
		if out, err := exec.Command(minisign, "-V", "-p", key+".pub", "-m", file).CombinedOutput(); err != nil {
			t.Errorf("minisign refuses the signature: %v: %s", err, out)
		}
	} else {
		t.Log("NO minisign on PATH: its own program did not read the signature")
	}
	sum, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sum[0] ^= 1
	write(t, file, string(sum))
	if err := run([]string{"verify", key + ".pub", file}); err == nil {
		t.Error("a changed file was accepted")
	}
}

func TestSumsAreThoseOfSha256sum(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "b"), "abc")
	write(t, filepath.Join(folder, "a"), "")
	write(t, filepath.Join(folder, "SHA256SUMS.minisig"), "not in the list")
	must(t, "sums", folder)
	got, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	const want = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n" +
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n"
	if err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if err := run([]string{"sums", t.TempDir()}); err == nil {
		t.Error("an empty folder has sums")
	}
}

func TestAnArchiveHasTheSameBytesInAnotherFolderAtAnotherTime(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	var packed [2][]byte
	for i := range packed {
		folder := filepath.Join(t.TempDir(), "trailwire")
		write(t, filepath.Join(folder, "lib", "a.so"), "object")
		if err := os.Chmod(filepath.Join(folder, "lib", "a.so"), []os.FileMode{0o600, 0o664}[i]); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("a.so", filepath.Join(folder, "lib", "b.so")); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(folder, "lib", "a.so"), time.Time{}, time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "out.tar.gz")
		must(t, "archive", folder, out)
		packed[i], _ = os.ReadFile(out)
	}
	if !bytes.Equal(packed[0], packed[1]) {
		t.Error("the bytes differ")
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed[0]))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for in := tar.NewReader(zip); ; {
		header, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name+header.Linkname)
	}
	if want := []string{"trailwire", "trailwire/lib", "trailwire/lib/a.so", "trailwire/lib/b.soa.so"}; !slices.Equal(names, want) {
		t.Errorf("it has %q", names)
	}
}

// The paths of the two folders are not of the same length either. That archives and lists
// have the same bytes is shown by the tests beside this one.
func TestThePluginHasTheSameBytesInAnotherFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short: the plugin was not built twice")
	}
	var plugins [2][]byte
	for i, name := range []string{"a", "another-folder-of-a-longer-name"} {
		folder := filepath.Join(t.TempDir(), name)
		for _, part := range []string{"cmd", "detect", "internal", "plugin"} {
			if err := os.CopyFS(filepath.Join(folder, part), os.DirFS(filepath.Join("..", "..", part))); err != nil {
				t.Fatal(err)
			}
		}
		for _, file := range []string{"go.mod", "go.sum", "Makefile"} {
			content, err := os.ReadFile(filepath.Join("..", "..", file))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(folder, file), string(content))
		}
		build := exec.Command("make", "build/flb-filter_trailwire.so")
		build.Dir = folder
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		plugins[i], _ = os.ReadFile(filepath.Join(folder, "build/flb-filter_trailwire.so"))
	}
	if len(plugins[0]) == 0 || !bytes.Equal(plugins[0], plugins[1]) {
		t.Errorf("%d and %d bytes, which are not the same", len(plugins[0]), len(plugins[1]))
	}
}

func TestANewerGlibcIsRefused(t *testing.T) {
	for version, want := range map[string]bool{
		"GLIBC_2.34": false, "GLIBC_2.2.5": false, "": false, "GLIBC_PRIVATE": false, "GCC_3.0": false,
		"GLIBC_2.35": true, "GLIBC_2.100": true,
	} {
		if isTooNew(version) != want {
			t.Errorf("%s: too new is %v", version, !want)
		}
	}
}

func TestLinksOutOfThePackageLeadToTheRepository(t *testing.T) {
	has := func(name string) bool {
		return slices.Contains([]string{"README.md", "docs/a.md", "conf/x.yaml", "docs/a_test.go"}, name)
	}
	for in, want := range map[string]string{
		"[a](a.md#b)":             "[a](a.md#b)",
		"[x](../conf/x.yaml)":     "[x](../conf/x.yaml)",
		"[t](../testdata/e.json)": "[t](https://github.com/trailwire/trailwire/blob/v1.2.3/testdata/e.json)",
		"[t](a_test.go)":          "[t](https://github.com/trailwire/trailwire/blob/v1.2.3/docs/a_test.go)",
		"[c](../C.md#here)":       "[c](https://github.com/trailwire/trailwire/blob/v1.2.3/C.md#here)",
		"[h](https://a.example)":  "[h](https://a.example)",
		"[o](#own)":               "[o](#own)",
	} {
		if got := absolute(in, "1.2.3", "docs/a.md", has); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

// What https://cyclonedx.org/docs/1.5/json/ asks of a list, read from the bytes.
func TestTheListOfComponentsIsCycloneDX(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	program := filepath.Join(t.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// A release has a file of this name for each processor.
	var plugins [2]string
	for i, arch := range []string{"amd64", "arm64"} {
		plugins[i] = filepath.Join(t.TempDir(), arch, "plugin.so")
		content, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		write(t, plugins[i], string(content))
	}
	var lists [2][]byte
	for i := range lists {
		out := filepath.Join(t.TempDir(), "a.cdx.json")
		must(t, "sbom", "1.2.3", out, program, plugins[0], plugins[1])
		lists[i], _ = os.ReadFile(out)
	}
	if !bytes.Equal(lists[0], lists[1]) {
		t.Error("two runs differ")
	}
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(lists[0]), cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	if bom.BOMFormat != "CycloneDX" || bom.SpecVersion != cyclonedx.SpecVersion1_5 || bom.Version != 1 || bom.Metadata.Timestamp != "2026-01-01T00:00:00Z" ||
		!regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`).MatchString(bom.SerialNumber) {
		t.Errorf("its head is %s %s %d %s %s", bom.BOMFormat, bom.SpecVersion, bom.Version, bom.SerialNumber, bom.Metadata.Timestamp)
	}
	patents := 0
	refs := map[string]bool{bom.Metadata.Component.BOMRef: true}
	for _, c := range *bom.Components {
		if refs[c.BOMRef] || c.BOMRef == "" || c.Name == "" || c.Type != cyclonedx.ComponentTypeFile && c.Type != cyclonedx.ComponentTypeLibrary {
			t.Errorf("a component is %+v", c)
		}
		refs[c.BOMRef] = true
		if c.Type == cyclonedx.ComponentTypeLibrary && (c.Licenses == nil || len(*c.Licenses) == 0) {
			t.Errorf("%s has no license", c.Name)
		}
		for i := 0; c.Licenses != nil && i < len(*c.Licenses); i++ {
			switch l := (*c.Licenses)[i].License; {
			case l.Name == "GooglePatentsFile" && l.ID == "":
				patents++
			case l.Name != "" || !slices.Contains([]string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"}, l.ID):
				t.Errorf("%s has the license %+v, which is not one that SPDX lists", c.Name, *l)
			}
		}
		if c.Type == cyclonedx.ComponentTypeFile && !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString((*c.Hashes)[0].Value) {
			t.Errorf("%s has the hash %+v", c.Name, *c.Hashes)
		}
	}
	if patents == 0 {
		t.Error("no module has a license that SPDX does not list: the test shows nothing")
	}
	for _, name := range []string{"program", "amd64/plugin.so", "arm64/plugin.so"} {
		if !refs[name] {
			t.Errorf("%s is not in the list", name)
		}
	}
	if !refs["pkg:golang/aead.dev/minisign@v0.3.0"] {
		t.Error("a module of the program is not in the list")
	}
	for _, d := range *bom.Dependencies {
		for _, on := range append(*d.Dependencies, d.Ref) {
			if !refs[on] {
				t.Errorf("%s depends on %s, which is not a component", d.Ref, on)
			}
		}
	}
}

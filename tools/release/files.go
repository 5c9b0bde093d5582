package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sums writes SHA256SUMS into FOLDER, as sha256sum writes it: every file of the folder but
// itself and its signature, in the order of their names.
func sums(args []string) error {
	if len(args) != 1 {
		return errors.New("sums FOLDER")
	}
	files, err := filesOf(args[0])
	if err != nil {
		return err
	}
	var list bytes.Buffer
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(args[0], f))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(content), f)
	}
	return os.WriteFile(filepath.Join(args[0], "SHA256SUMS"), list.Bytes(), 0o644)
}

// filesOf lists the files of a release.
func filesOf(folder string) (files []string, err error) {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if e.Type().IsRegular() && e.Name() != "SHA256SUMS" && filepath.Ext(e.Name()) != ".minisig" {
			files = append(files, e.Name())
		}
	}
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there are no files in %s", folder)
	}
	return files, err
}

// archive packs FOLDER into OUT, a .tar.gz. Names are sorted, owner and times are the same
// everywhere, and symbolic links stay links.
func archive(args []string) error {
	if len(args) != 2 {
		return errors.New("archive FOLDER OUT")
	}
	date, err := sourceDate()
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	out := tar.NewWriter(zip)
	top := filepath.Dir(filepath.Clean(args[0]))
	err = filepath.WalkDir(args[0], func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		target := ""
		if info.Mode()&fs.ModeSymlink != 0 {
			if target, err = os.Readlink(path); err != nil {
				return err
			}
		}
		header, err := tar.FileInfoHeader(info, target)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		header = &tar.Header{Typeflag: header.Typeflag, Name: filepath.ToSlash(name), Linkname: target, Size: header.Size, Mode: 0o644, ModTime: date, Format: tar.FormatPAX}
		if entry.IsDir() || info.Mode()&0o100 != 0 {
			header.Mode = 0o755
		}
		if err := out.WriteHeader(header); err != nil || !info.Mode().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = out.Write(content)
		return err
	})
	if err := errors.Join(err, out.Close(), zip.Close()); err != nil {
		return err
	}
	return os.WriteFile(args[1], packed.Bytes(), 0o644)
}

// newestGlibc is that of RHEL 9 and Amazon Linux 2023: 2.34.
const newestGlibc = 34

// glibc fails if a shared object needs a newer glibc than the packages name.
func glibc(args []string) error {
	if len(args) == 0 {
		return errors.New("glibc FILE...")
	}
	for _, path := range args {
		file, err := elf.Open(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		symbols, err := file.ImportedSymbols()
		file.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if i := slices.IndexFunc(symbols, func(s elf.ImportedSymbol) bool { return isTooNew(s.Version) }); i >= 0 {
			return fmt.Errorf("%s needs %s of %s: the packages promise glibc 2.%d", path, symbols[i].Name, symbols[i].Version, newestGlibc)
		}
	}
	return nil
}

// isTooNew says whether a version of a symbol, such as GLIBC_2.34, is of a newer glibc.
func isTooNew(version string) bool {
	number, ok := strings.CutPrefix(version, "GLIBC_2.")
	if !ok {
		return false
	}
	minor, _, _ := strings.Cut(number, ".")
	n, err := strconv.Atoi(minor)
	return err == nil && n > newestGlibc
}

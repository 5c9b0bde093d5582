package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// link is a link or image of Markdown within a line: [text](target).
var link = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// documents copies to OUT what a package has of the documents of the repository FROM: the
// named files, and all of conf and docs that people read. A relative link to what a
// package does not have leads to the file in the repository, at the version's tag.
func documents(args []string) error {
	if len(args) < 4 {
		return errors.New("documents VERSION FROM OUT FILE...")
	}
	version, from, out := args[0], args[1], args[2]
	have := map[string]bool{}
	for _, f := range args[3:] {
		err := filepath.WalkDir(filepath.Join(from, f), func(file string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name, err := filepath.Rel(from, file)
			have[filepath.ToSlash(name)] = !entry.IsDir()
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	for name, isFile := range have {
		if !isFile || path.Ext(name) == ".go" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if path.Ext(name) == ".md" {
			content = []byte(absolute(string(content), version, name, func(target string) bool { _, ok := have[target]; return ok }))
		}
		to := filepath.Join(out, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// absolute returns the text of a document in which links that would lead out of the
// package lead to the repository.
func absolute(text, version, document string, has func(name string) bool) string {
	return link.ReplaceAllStringFunc(text, func(found string) string {
		target := link.FindStringSubmatch(found)[1]
		if strings.Contains(target, "://") || strings.HasPrefix(target, "#") || strings.HasPrefix(target, "mailto:") {
			return found
		}
		file, anchor, _ := strings.Cut(target, "#")
		name := path.Join(path.Dir(document), file)
		if has(name) && path.Ext(name) != ".go" {
			return found
		}
		if anchor != "" {
			anchor = "#" + anchor
		}
		return fmt.Sprintf("](https://github.com/trailwire/trailwire/blob/v%s/%s%s)", version, name, anchor)
	})
}

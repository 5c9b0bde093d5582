package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"
)

// sbom writes OUT, a list of components in CycloneDX 1.5 (JSON): each program with its
// hash, each module that is in one of them with its license, and which is in which.
func sbom(args []string) error {
	if len(args) < 3 {
		return errors.New("sbom VERSION OUT PROGRAM...")
	}
	date, err := sourceDate()
	if err != nil {
		return err
	}
	bom, err := components(args[0], date, args[2:])
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cyclonedx.SpecVersion1_5); err != nil {
		return err
	}
	return os.WriteFile(args[1], out.Bytes(), 0o644)
}

func components(version string, date time.Time, programs []string) (*cyclonedx.BOM, error) {
	modules, uses, err := contained(programs)
	if err != nil {
		return nil, err
	}
	const homepage = "https://github.com/trailwire/trailwire"
	whole := cyclonedx.Component{
		BOMRef: "pkg:golang/github.com/trailwire/trailwire@v" + version, Type: cyclonedx.ComponentTypeApplication, Name: "trailwire", Version: version,
		PackageURL:         "pkg:golang/github.com/trailwire/trailwire@v" + version,
		Licenses:           &cyclonedx.Licenses{{Expression: "Apache-2.0 AND Elastic-2.0"}},
		ExternalReferences: &[]cyclonedx.ExternalReference{{Type: cyclonedx.ERTypeWebsite, URL: homepage}},
	}
	var list []cyclonedx.Component
	var dependencies []cyclonedx.Dependency
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%d\n", version, date.Unix())
	names := namesOf(programs)
	for i, program := range programs {
		content, err := os.ReadFile(program)
		if err != nil {
			return nil, err
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(content))
		name := names[i]
		fmt.Fprintf(hash, "%s %s\n", sum, name)
		list = append(list, cyclonedx.Component{
			BOMRef: name, Type: cyclonedx.ComponentTypeFile, Name: name, Version: version,
			Hashes: &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: sum}},
		})
		var on []string
		for _, path := range uses[program] {
			for _, m := range modules {
				if m.path == path {
					on = append(on, m.purl())
				}
			}
		}
		dependencies = append(dependencies, cyclonedx.Dependency{Ref: name, Dependencies: &on})
	}
	for _, m := range modules {
		var ids cyclonedx.Licenses
		for _, id := range m.licenses {
			ids = append(ids, cyclonedx.LicenseChoice{License: licenseOf(id)})
		}
		c := cyclonedx.Component{BOMRef: m.purl(), Type: cyclonedx.ComponentTypeLibrary, Name: m.path, Version: m.version, PackageURL: m.purl(), Licenses: &ids}
		if m.sum != "" {
			c.Properties = &[]cyclonedx.Property{{Name: "trailwire:go.sum", Value: m.sum}}
		}
		list = append(list, c)
	}
	bom := cyclonedx.NewBOM()
	// A name of what is in it, so that the same programs make the same list.
	bom.SerialNumber = uuid.NewSHA1(uuid.NameSpaceURL, hash.Sum([]byte(homepage))).URN()
	bom.Metadata = &cyclonedx.Metadata{Timestamp: date.Format(time.RFC3339), Component: &whole}
	bom.Components = &list
	dependencies = append([]cyclonedx.Dependency{{Ref: whole.BOMRef, Dependencies: &names}}, dependencies...)
	bom.Dependencies = &dependencies
	return bom, nil
}

// licenseOf is a license by its id, where SPDX has it: the schema takes no other id. What
// licensecheck calls the PATENTS file of Go's own modules is a grant, which SPDX does not
// list.
func licenseOf(id string) *cyclonedx.License {
	if id == "GooglePatentsFile" {
		return &cyclonedx.License{Name: id}
	}
	return &cyclonedx.License{ID: id}
}

// namesOf returns the names of programs, by which a list refers to them. Those of the same
// name, such as the plugins for two processors, have that of their folder before it.
func namesOf(programs []string) []string {
	files := make(map[string]int)
	for _, program := range programs {
		files[filepath.Base(program)]++
	}
	names := make([]string, len(programs))
	for i, program := range programs {
		if names[i] = filepath.Base(program); files[names[i]] > 1 {
			names[i] = filepath.Base(filepath.Dir(program)) + "/" + names[i]
		}
	}
	return names
}

// purl is the package URL of a module (https://github.com/package-url/purl-spec).
func (m *module) purl() string {
	if m.path == standard {
		return "pkg:golang/std@" + m.version
	}
	return "pkg:golang/" + m.path + "@" + m.version
}

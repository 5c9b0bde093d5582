package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/trailwire/trailwire/internal/version"
)

func TestTheConfigurationOfTheImage(t *testing.T) {
	text := read(t, "conf/deploy/trailwire.yaml")
	var value map[string]any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	checkValues(t, text)
	dryRun(t, "trailwire.yaml", text)
}

func TestTheDockerfileCopiesWhatIsThere(t *testing.T) {
	dockerfile := read(t, "conf/deploy/Dockerfile")
	if !strings.Contains(dockerfile, "ARG FLUENT_BIT=5.1.1\n") || !strings.Contains(dockerfile, "FROM fluent/fluent-bit:${FLUENT_BIT}\n") {
		t.Error("the image is not the official one at its pinned version")
	}
	goMod := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]
	if !strings.Contains(dockerfile, "FROM golang:"+goMod+"-bookworm ") {
		t.Errorf("the builder is not that of Go %s", goMod)
	}
	allowed := strings.Fields(read(t, "conf/deploy/Dockerfile.dockerignore"))
	for _, line := range regexp.MustCompile(`(?m)^COPY (.*)$`).FindAllStringSubmatch(dockerfile, -1) {
		words := strings.Fields(line[1])
		if strings.HasPrefix(words[0], "--from") {
			continue
		}
		for _, source := range words[:len(words)-1] {
			if source == "." {
				continue
			}
			if _, err := os.Stat(filepath.Join(top, source)); err != nil {
				t.Errorf("COPY %s: no such file", source)
			}
			if !slices.ContainsFunc(allowed, func(a string) bool {
				a, ok := strings.CutPrefix(a, "!")
				return ok && (source == a || strings.HasPrefix(source, a+"/"))
			}) {
				t.Errorf("COPY %s: Dockerfile.dockerignore leaves it out", source)
			}
		}
	}
	for _, target := range regexp.MustCompile(`make ([^\n\\]*)`).FindStringSubmatch(dockerfile)[1:] {
		for _, file := range strings.Fields(target) {
			if !strings.Contains(read(t, "Makefile"), filepath.Base(file)) {
				t.Errorf("the Makefile makes no %s", file)
			}
		}
	}
}

// The image's builder without Docker: its steps, on the files that the image is
// built from.
func TestTheStepsOfTheBuilderRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the plugin")
	}
	_, stage, found := strings.Cut(read(t, "conf/deploy/Dockerfile"), " AS builder\n")
	stage, _, ends := strings.Cut(stage, "\nFROM ")
	if !found || !ends {
		t.Fatal("the Dockerfile has no builder")
	}
	folder := t.TempDir()
	source, plugin := filepath.Join(folder, "src"), filepath.Join(folder, "plugin")
	for _, line := range strings.Fields(read(t, "conf/deploy/Dockerfile.dockerignore")) {
		name, ok := strings.CutPrefix(line, "!")
		if !ok {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(source, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("cp", "-R", filepath.Join(top, name), filepath.Join(source, name)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	for _, step := range regexp.MustCompile(`(?m)^RUN (.*)$`).FindAllStringSubmatch(strings.ReplaceAll(stage, "\\\n", ""), -1) {
		run := exec.Command("sh", "-c", strings.ReplaceAll(step[1], "/plugin/", plugin+"/"))
		run.Dir = source
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("RUN %s: %v\n%s", step[1], err, out)
		}
	}
	filter, err := os.Stat(filepath.Join(plugin, "flb-filter_trailwire.so"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"flb-in_trailwire.so", "out_trailwire.so"} {
		if other, err := os.Stat(filepath.Join(plugin, name)); err != nil || !os.SameFile(filter, other) {
			t.Errorf("%s is not another name of the filter: %v", name, err)
		}
	}
}

// The chart is not ours to keep: $TRAILWIRE_CHART is the folder charts/fluent-bit
// of a checkout of github.com/fluent/helm-charts.
func TestTheChartRendersTheValues(t *testing.T) {
	chart := os.Getenv("TRAILWIRE_CHART")
	helm, err := exec.LookPath("helm")
	if chart == "" || err != nil {
		t.Skip("SKIPPED: NO HELM on PATH, or NO CHART in $TRAILWIRE_CHART: nothing rendered conf/deploy/values.yaml")
	}
	var ours, theirs map[string]any
	text, err := os.ReadFile(filepath.Join(chart, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(yaml.Unmarshal(text, &theirs), yaml.Unmarshal([]byte(read(t, "conf/deploy/values.yaml")), &ours)); err != nil {
		t.Fatal(err)
	}
	for key := range ours {
		if _, ok := theirs[key]; !ok {
			t.Errorf("the chart has no value %s", key)
		}
	}
	out, err := exec.Command(helm, "template", "trailwire", chart, "-f", filepath.Join(top, "conf/deploy/values.yaml")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	type container struct {
		Name, Image   string
		Command, Args []string
		Ports         []struct{ Name string }
		VolumeMounts  []struct{ Name, MountPath string } `yaml:"volumeMounts"`
		Security      struct {
			Root     bool `yaml:"readOnlyRootFilesystem"`
			Ordinary bool `yaml:"runAsNonRoot"`
		} `yaml:"securityContext"`
	}
	rendered := false
	documents := yaml.NewDecoder(bytes.NewReader(out))
	for {
		var d struct {
			Kind string
			Data map[string]string
			Spec struct {
				Template struct {
					Spec struct {
						Token          *bool       `yaml:"automountServiceAccountToken"`
						InitContainers []container `yaml:"initContainers"`
						Containers     []container
						Volumes        []struct{ Name string }
					}
				}
			}
		}
		if err := documents.Decode(&d); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			// A template that does not fit, such as a Service's, is not a
			// Deployment.
			continue
		}
		if d.Kind == "ConfigMap" {
			dryRun(t, "trailwire.yaml", d.Data["trailwire.yaml"])
		}
		if d.Kind != "Deployment" {
			continue
		}
		rendered = true
		pod := d.Spec.Template.Spec
		if len(pod.InitContainers) != 1 || len(pod.Containers) != 1 || pod.Token == nil || *pod.Token {
			t.Fatalf("the pod is %+v", pod)
		}
		c := pod.Containers[0]
		if c.Image != "cr.fluentbit.io/fluent/fluent-bit:5.1.1" || !c.Security.Root || !c.Security.Ordinary ||
			!slices.Contains(c.Args, "--config=/fluent-bit/etc/conf/trailwire.yaml") || len(c.Ports) != 2 {
			t.Errorf("the container is %+v", c)
		}
		for _, mount := range slices.Concat(c.VolumeMounts, pod.InitContainers[0].VolumeMounts) {
			if !slices.ContainsFunc(pod.Volumes, func(v struct{ Name string }) bool { return v.Name == mount.Name }) {
				t.Errorf("there is no volume %s", mount.Name)
			}
		}
	}
	if !rendered {
		t.Errorf("there is no Deployment in\n%s", out)
	}
}

// All places that name the version agree with the code, from which the start
// line, the command line and the Makefile take it.
func TestThereIsOneVersion(t *testing.T) {
	if !strings.Contains(read(t, "CHANGELOG.md"), "\n## ["+version.Number+"]") {
		t.Errorf("CHANGELOG.md has no section for %s", version.Number)
	}
	out, err := exec.Command("make", "-C", top, "--no-print-directory", "--eval", "print-version: ; @echo $(VERSION)", "print-version").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != version.Number {
		t.Errorf("make takes the version for %q: %v", out, err)
	}
	if !strings.Contains(read(t, "conf/deploy/nfpm.yaml"), "\nversion: ${VERSION}\n") {
		t.Error("the packages have a version of their own")
	}
	named := regexp.MustCompile(`(?:trailwire(?:-plugin)?[-_:]|trailwire\.0\] )(\d+\.\d+\.\d+)`)
	found := 0
	for _, file := range append(documents(t), "conf/deploy/values.yaml", "conf/deploy/ecs-task-definition.json", "conf/deploy/Dockerfile") {
		for _, m := range named.FindAllStringSubmatch(read(t, file), -1) {
			found++
			if m[1] != version.Number {
				t.Errorf("%s says %s, it is %s", file, m[0], version.Number)
			}
		}
	}
	if found < 5 {
		t.Errorf("the version was found %d times only: the test shows nothing", found)
	}
}

func TestTheValuesOfTheChart(t *testing.T) {
	var values struct {
		Image          struct{ Repository, Tag string }
		InitContainers []struct {
			Command      []string
			VolumeMounts []struct {
				Name      string
				MountPath string `yaml:"mountPath"`
			} `yaml:"volumeMounts"`
		} `yaml:"initContainers"`
		ExtraVolumes      []struct{ Name string } `yaml:"extraVolumes"`
		ExtraVolumeMounts []struct {
			Name      string
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"extraVolumeMounts"`
		Args   []string
		Config struct {
			ExtraFiles map[string]string `yaml:"extraFiles"`
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "conf/deploy/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	if values.Image.Tag != "5.1.1" {
		t.Errorf("the image is not pinned: %q", values.Image.Tag)
	}
	if len(values.InitContainers) != 1 || len(values.ExtraVolumes) != 2 || len(values.ExtraVolumeMounts) != 2 {
		t.Fatalf("not one init container and two volumes: %+v", values)
	}
	plugin, buffer := values.ExtraVolumes[0].Name, values.ExtraVolumes[1].Name
	if mounts := values.InitContainers[0].VolumeMounts; len(mounts) != 1 || mounts[0].Name != plugin || mounts[0].MountPath != "/trailwire" {
		t.Errorf("the init container mounts %+v", mounts)
	}
	for i, want := range []struct {
		name, path string
		readOnly   bool
	}{{plugin, "/trailwire", true}, {buffer, "/buffer", false}} {
		if got := values.ExtraVolumeMounts[i]; got.Name != want.name || got.MountPath != want.path || got.ReadOnly != want.readOnly {
			t.Errorf("a mount is %+v, want %+v", got, want)
		}
	}
	files := slices.Collect(maps.Keys(values.Config.ExtraFiles))
	if len(files) != 1 || !slices.Contains(values.Args, "--config=/fluent-bit/etc/conf/"+files[0]) {
		t.Fatalf("the arguments %q do not name the file %q", values.Args, files)
	}
	text := values.Config.ExtraFiles[files[0]]
	if !strings.Contains(text, "storage.path: /buffer/") {
		t.Error("the root file system is read-only, and storage.path is not in the volume")
	}
	if strings.Contains(text, "{{") {
		t.Error("the chart would take a text for a template")
	}
	checkValues(t, text)
	dryRun(t, "trailwire.yaml", text)
}

func TestTheTaskDefinition(t *testing.T) {
	var task struct {
		ContainerDefinitions []struct {
			Name                  string
			Command               []string
			FirelensConfiguration *struct {
				Type    string
				Options map[string]string
			}
			LogConfiguration struct{ LogDriver string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "conf/deploy/ecs-task-definition.json")), &task); err != nil {
		t.Fatal(err)
	}
	if len(task.ContainerDefinitions) != 2 {
		t.Fatalf("%d containers", len(task.ContainerDefinitions))
	}
	router, reader := task.ContainerDefinitions[0], task.ContainerDefinitions[1]
	if router.FirelensConfiguration == nil || router.FirelensConfiguration.Type != "fluentbit" || reader.LogConfiguration.LogDriver != "awsfirelens" {
		t.Fatal("the first container is not a log router of the second")
	}
	options := router.FirelensConfiguration.Options
	included := options["config-file-value"]
	if options["config-file-type"] != "file" || !strings.Contains(read(t, "conf/deploy/Dockerfile"), "conf/deploy/"+filepath.Base(included)+" ") {
		t.Fatalf("the file %s is not in the image", included)
	}
	filters := read(t, "conf/deploy/firelens.conf")
	if !strings.Contains(filters, reader.Name+"-firelens-*") {
		t.Errorf("firelens.conf does not match what the container %s writes", reader.Name)
	}
	// The part that matters here of what ECS makes of it.
	folder := t.TempDir()
	path := filepath.Join(folder, "firelens.conf")
	if err := os.WriteFile(path, []byte(filters), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	config := slices.Index(router.Command, "-c")
	if config < 0 || router.Command[config+1] != "/fluent-bit/etc/fluent-bit.conf" {
		t.Fatalf("the command %q does not read what ECS writes", router.Command)
	}
	dryRun(t, "fluent-bit.conf", `
[INPUT]
    Name forward
    unix_path `+folder+`/socket
[FILTER]
    Name record_modifier
    Match *
    Record ecs_cluster default
@INCLUDE `+path+`
[OUTPUT]
    Name null
    Match `+reader.Name+`-firelens*
`, router.Command[:config]...)
}

func TestTheSystemdDropIn(t *testing.T) {
	dropIn := read(t, "conf/deploy/trailwire.conf")
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("SKIPPED: NO SYSTEMD-ANALYZE on PATH: the drop-in was not checked")
	}
	// The part of the official packages' unit that matters here, with a program
	// that is on this machine.
	folder := t.TempDir()
	program, err := exec.LookPath("true")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"fluent-bit.service":                  "[Unit]\nDescription=Fluent Bit\n[Service]\nType=simple\nExecStart=/opt/fluent-bit/bin/fluent-bit -c /etc/fluent-bit/fluent-bit.conf\n",
		"fluent-bit.service.d/trailwire.conf": dropIn,
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		text = strings.NewReplacer("/opt/fluent-bit/bin/fluent-bit", program, "/usr/bin/trailwire", program).Replace(text)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	verify := exec.Command("systemd-analyze", "verify", "--man=no", filepath.Join(folder, "fluent-bit.service"))
	verify.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+folder+":")
	out, err := verify.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "fluent-bit.service") || strings.Contains(line, "trailwire.conf") {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// The lines that check rule files are run as systemd runs them: with $ for $$.
func TestTheDropInStopsAtABrokenRuleFile(t *testing.T) {
	command := filepath.Join(t.TempDir(), "trailwire")
	build := exec.Command("go", "build", "-o", command, "./cmd/trailwire")
	build.Dir, build.Env = top, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const good, broken = "[rule]\nname = \"a\"\nrule_id = \"a\"\nseverity = \"low\"\nrisk_score = 21\ntype = \"eql\"\nquery = 'any where true'\n", "[rule]\n"
	cases := []struct {
		name  string
		rules map[string]string
		stops bool
	}{
		{"there are no rule files", nil, false},
		{"the rule files are fine", map[string]string{"a.toml": good}, false},
		{"the second of two is broken", map[string]string{"a.toml": good, "b.toml": broken}, true},
		{"its name has a space", map[string]string{"of ours.toml": broken}, true},
	}
	for _, when := range []string{"ExecStartPre", "ExecReload"} {
		found := regexp.MustCompile("(?m)^" + when + "=/bin/sh -c '(.*)'$").FindStringSubmatch(read(t, "conf/deploy/trailwire.conf"))
		if found == nil {
			t.Errorf("%s: nothing checks the rule files", when)
			continue
		}
		for _, c := range cases {
			t.Run(when+"/"+c.name, func(t *testing.T) {
				folder := t.TempDir()
				for name, text := range c.rules {
					if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				script := strings.NewReplacer("$$", "$", "/etc/fluent-bit/rules", folder, "/usr/bin/trailwire", command).Replace(found[1])
				if out, err := exec.Command("/bin/sh", "-c", script).CombinedOutput(); (err != nil) != c.stops {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
	}
}

// builtPackages returns the folder of the packages that make has built for the test.
func builtPackages(t *testing.T) string {
	t.Helper()
	folder, err := buildPackages()
	if errors.Is(err, errNoModule) {
		t.Skipf("SKIPPED: NO NFPM, whose module cannot be downloaded here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

var errNoModule = errors.New("a module cannot be downloaded")

var buildPackages = sync.OnceValues(func() (folder string, err error) {
	make := exec.Command("make", "package")
	make.Dir = top
	out, err := make.CombinedOutput()
	if err != nil && (bytes.Contains(out, []byte("dial tcp")) || bytes.Contains(out, []byte("module lookup disabled"))) {
		return "", fmt.Errorf("%w: %s", errNoModule, bytes.TrimSpace(out))
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", make, err, out)
	}
	return filepath.Join(top, "build"), nil
})

func TestWhatThePackagesHold(t *testing.T) {
	var config struct {
		Contents []struct{ Src, Dst, Type string }
	}
	if err := yaml.Unmarshal([]byte(read(t, "conf/deploy/nfpm.yaml")), &config); err != nil {
		t.Fatal(err)
	}
	for _, c := range config.Contents {
		if found, _ := filepath.Glob(filepath.Join(top, c.Src)); len(found) == 0 && c.Type != "symlink" && !strings.HasPrefix(c.Src, "build/") {
			t.Errorf("%s: no such file", c.Src)
		}
	}
	want := []string{
		"/usr/bin/trailwire", "/usr/lib/fluent-bit/flb-filter_trailwire.so", "/usr/lib/fluent-bit/flb-in_trailwire.so", "/usr/lib/fluent-bit/out_trailwire.so",
		"/usr/share/doc/trailwire/README.md", "/usr/share/doc/trailwire/CHANGELOG.md", "/usr/share/doc/trailwire/NOTICE",
		"/usr/share/doc/trailwire/copyright", "/usr/share/doc/trailwire/docs/deployment.md",
		"/usr/share/doc/trailwire/examples/fluent-bit.yaml", "/usr/share/doc/trailwire/examples/systemd/trailwire.conf",
	}
	version := version.Number
	rpmArch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	for _, p := range []struct {
		file string
		list []string
	}{
		{"trailwire_" + version + "_" + runtime.GOARCH + ".deb", []string{"dpkg-deb", "--contents"}},
		{"trailwire-" + version + "-1." + rpmArch + ".rpm", []string{"rpm", "-qlvp"}},
	} {
		t.Run(filepath.Ext(p.file), func(t *testing.T) {
			if _, err := exec.LookPath(p.list[0]); err != nil {
				t.Skipf("SKIPPED: NO %s on PATH: the package was not looked into", strings.ToUpper(p.list[0]))
			}
			path := filepath.Join(builtPackages(t), p.file)
			out, err := exec.Command(p.list[0], append(p.list[1:], path)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range want {
				line := regexp.MustCompile(`(?m)^(\S+) .*\.?` + regexp.QuoteMeta(file) + `( -> (.*))?$`).FindStringSubmatch(string(out))
				switch {
				case line == nil:
					t.Errorf("%s is not in it", file)
				case strings.HasSuffix(file, "/flb-in_trailwire.so"), strings.HasSuffix(file, "/out_trailwire.so"):
					if line[3] != "flb-filter_trailwire.so" {
						t.Errorf("%s is a file of its own", file)
					}
				case strings.HasPrefix(file, "/usr/share") != strings.HasPrefix(line[1], "-rw-r--r--"):
					t.Errorf("%s has the mode %s", file, line[1])
				}
			}
		})
	}
}

package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// The script of a release fills the folder that the Dockerfile of a release copies from. COPY
// takes what is in a folder, not the folder: NOTICE speaks of licenses/.
func TestTheDockerfileOfAReleaseCopiesWhatTheArchiveHas(t *testing.T) {
	script := read(t, "tools/release/build")
	// What the script puts into the archive, by the name that it has there.
	archive := map[string]string{
		"${TARGETPLATFORM}/plugin/":   `for folder in "$plugin" "$context/linux/$arch/plugin"; do`,
		"${TARGETPLATFORM}/trailwire": `cp "$programs/trailwire" "$context/linux/$arch/trailwire"`,
		"LICENSE":                     "cp -r conf/deploy/Dockerfile.release LICENSE NOTICE conf/deploy/trailwire.yaml conf/deploy/firelens.conf \"$context\"",
		"NOTICE":                      " LICENSE NOTICE ",
		"trailwire.yaml":              " conf/deploy/trailwire.yaml ",
		"firelens.conf":               " conf/deploy/firelens.conf ",
		"licenses/":                   `cp -r "$stage/documents/licenses" "$context"`,
	}
	dockerfile := read(t, "conf/deploy/Dockerfile.release")
	copied := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^COPY (.*)$`).FindAllStringSubmatch(dockerfile, -1) {
		words := strings.Fields(line[1])
		if strings.HasPrefix(words[0], "--from") {
			continue
		}
		for _, source := range words[:len(words)-1] {
			copied[source] = words[len(words)-1]
			if made, ok := archive[source]; !ok || !strings.Contains(script, made) {
				t.Errorf("COPY %s: the archive has none", source)
			}
		}
	}
	for _, source := range slices.Sorted(maps.Keys(archive)) {
		if copied[source] == "" {
			t.Errorf("%s is in the archive and not in the image", source)
		}
	}
	for _, m := range regexp.MustCompile(`\b(licenses/)[\w.-]+`).FindAllStringSubmatch(read(t, "NOTICE"), -1) {
		if copied[m[1]] != "/usr/share/doc/trailwire/"+m[1] {
			t.Errorf("NOTICE speaks of %s, which is in %s", m[0], copied[m[1]])
		}
	}
	if !strings.Contains(dockerfile, "\nARG FLUENT_BIT=5.1.1\n") {
		t.Error("the image is not the official one at its pinned version")
	}
	if got, want := lastLine(dockerfile), lastLine(read(t, "conf/deploy/Dockerfile")); got != want {
		t.Errorf("it starts %s, the other image %s", got, want)
	}
}

func lastLine(text string) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return all[len(all)-1]
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
	if out, err := exec.Command(helm, "lint", chart, "-f", filepath.Join(top, "conf/deploy/values.yaml")).CombinedOutput(); err != nil {
		t.Errorf("helm lint: %v\n%s", err, out)
	}
	out, err := exec.Command(helm, "template", "trailwire", chart, "-f", filepath.Join(top, "conf/deploy/values.yaml"),
		"--api-versions", "monitoring.coreos.com/v1", "--set", "serviceMonitor.enabled=true").CombinedOutput()
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
	rendered, monitored := false, ""
	documents := yaml.NewDecoder(bytes.NewReader(out))
	for {
		var d struct {
			Kind string
			Data map[string]string
			Spec struct {
				Endpoints []struct{ Port, Path string }
				Template  struct {
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
		if d.Kind == "ServiceMonitor" {
			monitored = fmt.Sprint(d.Spec.Endpoints)
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
			!slices.Contains(c.Args, "--config=/fluent-bit/etc/conf/trailwire.yaml") || len(c.Ports) != 3 {
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
	if want := "[{http /api/v2/metrics/prometheus} {trailwire /metrics}]"; monitored != want {
		t.Errorf("the ServiceMonitor reads %s, want %s", monitored, want)
	}
}

// Nobody has run the workflow here. What it says can be read: actions by commit, one right, the
// secrets of docs/releasing.md, and a check of the tag, which is run.
func TestTheWorkflowOfARelease(t *testing.T) {
	text := read(t, ".github/workflows/release.yml")
	type rights map[string]string
	var workflow struct {
		Permissions rights
		Jobs        map[string]struct {
			Environment string
			Permissions rights
			Steps       []struct {
				Name, Uses, Run string
				Env             map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	job, ok := workflow.Jobs["release"]
	if !ok || len(workflow.Jobs) != 1 || len(workflow.Permissions) > 0 || !maps.Equal(job.Permissions, rights{"contents": "write"}) || job.Environment != "release" {
		t.Fatalf("the job is %+v", workflow)
	}
	page, secrets, checked := read(t, "docs/releasing.md"), 0, false
	for _, step := range job.Steps {
		if step.Uses != "" && !regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`).MatchString(step.Uses) {
			t.Errorf("%s is not named by a commit", step.Uses)
		}
		for name, value := range step.Env {
			if value == "${{ secrets."+name+" }}" {
				secrets++
				if !strings.Contains(page, "`"+name+"`") {
					t.Errorf("docs/releasing.md does not ask for the secret %s", name)
				}
			}
		}
		if !strings.Contains(step.Run, "GITHUB_REF_NAME\" =") {
			continue
		}
		checked = true
		for tag, want := range map[string]bool{"v" + version.Number: true, version.Number: false, "v" + version.Number + "1": false} {
			shell := exec.Command("bash", "-e", "-c", step.Run)
			shell.Dir, shell.Env = top, append(os.Environ(), "GITHUB_REF_NAME="+tag)
			if err := shell.Run(); (err == nil) != want {
				t.Errorf("the tag %s: %v", tag, err)
			}
		}
	}
	if secrets != 2 || !checked {
		t.Errorf("it has %d secrets, and checks the tag: %v", secrets, checked)
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
	if len(values.InitContainers) != 1 || len(values.ExtraVolumes) != 3 || len(values.ExtraVolumeMounts) != 3 {
		t.Fatalf("not one init container and three volumes: %+v", values)
	}
	plugin, buffer := values.ExtraVolumes[0].Name, values.ExtraVolumes[1].Name
	if mounts := values.InitContainers[0].VolumeMounts; len(mounts) != 1 || mounts[0].Name != plugin || mounts[0].MountPath != "/trailwire" {
		t.Errorf("the init container mounts %+v", mounts)
	}
	for i, want := range []struct {
		name, path string
		readOnly   bool
	}{{plugin, "/trailwire", true}, {buffer, "/buffer", false}, {values.ExtraVolumes[2].Name, "/rules", true}} {
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
		NetworkMode          string
		ContainerDefinitions []struct {
			Name, Image, User   string
			EntryPoint, Command []string
			DependsOn           []struct{ ContainerName string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "conf/deploy/ecs-task-definition.json")), &task); err != nil {
		t.Fatal(err)
	}
	if len(task.ContainerDefinitions) != 2 || task.NetworkMode != "awsvpc" {
		t.Fatalf("there are %d containers in the network mode %s: they do not share the loopback address", len(task.ContainerDefinitions), task.NetworkMode)
	}
	fluentBit, collector := task.ContainerDefinitions[0], task.ContainerDefinitions[1]
	if fluentBit.Image != collector.Image || len(fluentBit.Command) > 0 {
		t.Error("the two are not of the one image, or Fluent Bit does not run the image's configuration")
	}
	if len(collector.DependsOn) != 1 || collector.DependsOn[0].ContainerName != fluentBit.Name {
		t.Error("the collector does not start after Fluent Bit")
	}
	checkCollector(t, append(collector.EntryPoint, collector.Command...), readYAML(t, read(t, "conf/deploy/trailwire.yaml")))
}

// checkCollector fails unless a command is that of the collector in the image, for the
// queue of the other files, and delivers to an input that only its neighbours reach.
func checkCollector(t *testing.T, command []string, config configuration) {
	t.Helper()
	line := strings.ReplaceAll(strings.Join(command, " "), "=", " ")
	if !strings.HasPrefix(line, "/usr/bin/trailwire collect --queue "+queueURL+" --to forward://127.0.0.1:24224") {
		t.Errorf("the collector is %s", line)
	}
	for _, input := range config.inputs {
		if input.get("name") == "forward" {
			if input.get("listen") != "127.0.0.1" || input.get("port") != "24224" || input.get("tag") != "cloudtrail" || input.get("buffer_max_size") != "64M" {
				t.Errorf("its input is %q", input)
			}
			if window := config.filters[0].get("dedup_window"); window != "1h" {
				t.Errorf("duplicates are recognised for %q", window)
			}
			return
		}
	}
	t.Error("there is no input for it")
}

// What all the files about the collector call the same.
const (
	queueARN = "arn:aws:sqs:eu-west-1:111122223333:trailwire"
	queueURL = "https://sqs.eu-west-1.amazonaws.com/111122223333/trailwire"
)

func TestTheImagesHaveTheCollector(t *testing.T) {
	stages := strings.Split(read(t, "conf/deploy/Dockerfile"), "\nFROM ")
	for _, stage := range stages[len(stages)-2:] {
		if !strings.Contains(stage, "\nCOPY --from=builder /src/build/trailwire /usr/bin/trailwire\n") {
			t.Errorf("the stage %.30s has no command line", stage)
		}
	}
	// Fluent Bit's image has certificates, busybox has none.
	if !strings.Contains(stages[len(stages)-2], "/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt\n") {
		t.Error("the stage plugin cannot check AWS's certificates")
	}
}

// pod is what collect.yaml deploys.
type pod struct {
	config string // of Fluent Bit
	spec   podSpec
	role   string
}

type podSpec struct {
	ServiceAccount string      `yaml:"serviceAccountName"`
	Token          *bool       `yaml:"automountServiceAccountToken"`
	Security       podRights   `yaml:"securityContext"`
	InitContainers []container `yaml:"initContainers"`
	Containers     []container
	Volumes        []struct {
		Name      string
		ConfigMap struct{ Name string } `yaml:"configMap"`
	}
}

type podRights struct {
	NonRoot bool                  `yaml:"runAsNonRoot"`
	User    int                   `yaml:"runAsUser"`
	Group   int                   `yaml:"fsGroup"`
	Seccomp struct{ Type string } `yaml:"seccompProfile"`
}

type container struct {
	Name, Image   string
	Command, Args []string
	Ports         []struct {
		Name string
		Port int `yaml:"containerPort"`
	}
	Readiness struct {
		Get struct{ Path, Port string } `yaml:"httpGet"`
	} `yaml:"readinessProbe"`
	Mounts []struct {
		Name string
		Path string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
	Security struct {
		Escalation   *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnly     bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities struct{ Drop []string }
	} `yaml:"securityContext"`
}

func podOfTheCollector(t *testing.T) (p pod) {
	t.Helper()
	objects := yaml.NewDecoder(strings.NewReader(read(t, "conf/deploy/collect.yaml")))
	for {
		var o struct {
			Kind     string
			Metadata struct {
				Name        string
				Labels      map[string]string
				Annotations map[string]string
			}
			Data map[string]string
			Spec struct {
				Selector struct {
					Labels map[string]string `yaml:"matchLabels"`
				}
				Template struct {
					Metadata struct{ Labels map[string]string }
					Spec     podSpec
				}
			}
		}
		if err := objects.Decode(&o); err == io.EOF {
			return p
		} else if err != nil {
			t.Fatal(err)
		}
		if o.Metadata.Name != "trailwire" {
			t.Errorf("the %s is called %s", o.Kind, o.Metadata.Name)
		}
		switch o.Kind {
		case "ServiceAccount":
			p.role = o.Metadata.Annotations["eks.amazonaws.com/role-arn"]
		case "ConfigMap":
			p.config = o.Data["trailwire.yaml"]
		case "Deployment":
			p.spec = o.Spec.Template.Spec
			if !maps.Equal(o.Spec.Selector.Labels, o.Spec.Template.Metadata.Labels) || len(o.Spec.Selector.Labels) == 0 {
				t.Error("the Deployment does not select its pods")
			}
		default:
			t.Errorf("what is a %s?", o.Kind)
		}
	}
}

func TestThePodOfTheCollector(t *testing.T) {
	p := podOfTheCollector(t)
	if len(p.spec.Containers) != 2 || len(p.spec.InitContainers) != 1 {
		t.Fatalf("%d containers after %d", len(p.spec.Containers), len(p.spec.InitContainers))
	}
	fluentBit, collector := p.spec.Containers[0], p.spec.Containers[1]
	checkCollector(t, append(collector.Command, collector.Args...), readYAML(t, p.config))
	if !strings.HasPrefix(p.role, "arn:aws:iam::") || p.spec.ServiceAccount != "trailwire" || p.spec.Token == nil || *p.spec.Token {
		t.Errorf("the role is %s, the account %s", p.role, p.spec.ServiceAccount)
	}
	if s := p.spec.Security; !s.NonRoot || s.User != 65532 || s.Group != s.User || s.Seccomp.Type != "RuntimeDefault" {
		t.Errorf("the pod's rights are %+v", s)
	}
	for _, c := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
		if c.Security.Escalation == nil || *c.Security.Escalation || !c.Security.ReadOnly || !slices.Equal(c.Security.Capabilities.Drop, []string{"ALL"}) {
			t.Errorf("the rights of %s are %+v", c.Name, c.Security)
		}
		for _, m := range c.Mounts {
			if !slices.ContainsFunc(p.spec.Volumes, func(v struct {
				Name      string
				ConfigMap struct{ Name string } `yaml:"configMap"`
			}) bool {
				return v.Name == m.Name
			}) {
				t.Errorf("%s mounts %s, which is not a volume", c.Name, m.Name)
			}
		}
	}
	if p.spec.InitContainers[0].Image != collector.Image || fluentBit.Image != "cr.fluentbit.io/fluent/fluent-bit:5.1.1" {
		t.Errorf("the images are %s, %s and %s", p.spec.InitContainers[0].Image, collector.Image, fluentBit.Image)
	}
	get := collector.Readiness.Get
	if get.Path != "/healthz" || len(collector.Ports) != 1 || collector.Ports[0].Name != get.Port ||
		!slices.Contains(collector.Args, fmt.Sprintf("--metrics-listen=0.0.0.0:%d", collector.Ports[0].Port)) {
		t.Errorf("the probe asks %+v of %+v", get, collector)
	}
	if !strings.Contains(p.config, "storage.path: /buffer/") {
		t.Error("the root file system is read-only, and storage.path is not in the volume")
	}
	checkValues(t, p.config)
	dryRun(t, "trailwire.yaml", p.config)
}

// router is the container of a task definition that FireLens sends lines to.
type router struct {
	Name, Image           string
	Command               []string
	FirelensConfiguration struct {
		Type    string
		Options map[string]string
	}
}

// routerOfFireLens returns the one that docs/deployment.md shows.
func routerOfFireLens(t *testing.T) (r router) {
	t.Helper()
	for _, b := range parse(read(t, "docs/deployment.md")).blocks {
		if strings.Contains(b.text, "firelensConfiguration") {
			if err := json.Unmarshal([]byte(b.text), &r); err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	t.Fatal("docs/deployment.md shows no router of FireLens")
	return r
}

func TestTheRouterOfFireLens(t *testing.T) {
	const reader = "cloudtrail"
	router := routerOfFireLens(t)
	if router.FirelensConfiguration.Type != "fluentbit" {
		t.Fatal("it is not a log router")
	}
	options := router.FirelensConfiguration.Options
	included := options["config-file-value"]
	if options["config-file-type"] != "file" || !strings.Contains(read(t, "conf/deploy/Dockerfile"), "conf/deploy/"+filepath.Base(included)+" ") {
		t.Fatalf("the file %s is not in the image", included)
	}
	filters := read(t, "conf/deploy/firelens.conf")
	if !strings.Contains(filters, reader+"-firelens-*") || !strings.Contains(read(t, "docs/deployment.md"), "`"+reader+"`") {
		t.Errorf("firelens.conf does not match what the container %s writes", reader)
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
    Match `+reader+`-firelens*
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
		if found, _ := filepath.Glob(filepath.Join(top, c.Src)); len(found) == 0 && c.Type != "symlink" && !strings.HasPrefix(c.Src, "${") {
			t.Errorf("%s: no such file", c.Src)
		}
	}
	want := []string{
		"/usr/bin/trailwire", "/usr/lib/fluent-bit/flb-filter_trailwire.so", "/usr/lib/fluent-bit/flb-in_trailwire.so", "/usr/lib/fluent-bit/out_trailwire.so",
		"/usr/share/doc/trailwire/README.md", "/usr/share/doc/trailwire/CHANGELOG.md", "/usr/share/doc/trailwire/NOTICE",
		"/usr/share/doc/trailwire/copyright", "/usr/share/doc/trailwire/docs/deployment.md",
		"/usr/share/doc/trailwire/conf/fluent-bit.yaml", "/usr/share/doc/trailwire/conf/deploy/trailwire.conf",
		"/usr/share/doc/trailwire/licenses/Elastic-2.0.txt", "/usr/share/doc/trailwire/licenses/third-party.txt",
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
			if shut := regexp.MustCompile(`(?m)^d.{8}[^x] .*$`).Find(out); shut != nil {
				t.Errorf("others may not enter a folder: %s", shut)
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

// The documents of the package are followed in the folder that it is unpacked to.
func TestEveryLinkOfThePackageLeadsSomewhere(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("SKIPPED: NO DPKG-DEB on PATH: the links of the package were not followed")
	}
	folder := t.TempDir()
	name := "trailwire_" + version.Number + "_" + runtime.GOARCH + ".deb"
	if out, err := exec.Command("dpkg-deb", "-x", filepath.Join(builtPackages(t), name), folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	root := filepath.Join(folder, "usr/share/doc/trailwire")
	followed := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, line := range parse(string(text)).prose {
			for _, link := range inlineLink.FindAllStringSubmatch(line, -1) {
				target, _, _ := strings.Cut(link[1], "#")
				if target == "" || strings.Contains(target, "://") {
					continue
				}
				followed++
				if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
					t.Errorf("%s links to %s, which is not in the package", filepath.Base(path), link[1])
				}
			}
		}
		return nil
	})
	if err != nil || followed < 50 {
		t.Errorf("%d links were followed: %v", followed, err)
	}
	for _, file := range []string{"examples/fluent-bit.yaml", "examples/deploy/trailwire.conf"} {
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			t.Error(err)
		}
	}
}

// The pods, and what stands beside them, name the same volume and labels.
func TestTheObjectsOfKubernetesFitThePods(t *testing.T) {
	values, collector, objects := read(t, "conf/deploy/values.yaml"), read(t, "conf/deploy/collect.yaml"), read(t, "conf/deploy/kubernetes.yaml")
	kinds := map[string]int{}
	for decoder := yaml.NewDecoder(strings.NewReader(objects)); ; {
		var o struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if err := decoder.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		kinds[o.Kind+" "+o.Metadata.Name]++
	}
	if want := map[string]int{"PersistentVolumeClaim trailwire-buffer": 1, "NetworkPolicy trailwire": 1, "NetworkPolicy trailwire-events": 1}; !maps.Equal(kinds, want) {
		t.Errorf("it has %v, want %v", kinds, want)
	}
	for _, pod := range []string{values, collector} {
		for _, part := range []string{"{claimName: trailwire-buffer}", "secretRef: {name: trailwire, optional: true}", "configMap: {name: trailwire-rules, optional: true}", "trailwire/pod: ", "{type: Recreate}"} {
			if !strings.Contains(pod, part) {
				t.Errorf("a pod has no %s", part)
			}
		}
	}
	var monitor map[string]any
	decoder := yaml.NewDecoder(strings.NewReader(read(t, "conf/deploy/servicemonitor.yaml")))
	for _, kind := range []string{"Service", "ServiceMonitor"} {
		if err := decoder.Decode(&monitor); err != nil || monitor["kind"] != kind {
			t.Errorf("the %s is %v: %v", kind, monitor["kind"], err)
		}
	}
}

// The alert rules and the dashboard are about the metrics of metrics_listen: a pod that serves
// them to nobody looks healthy without an event.
func TestPrometheusReadsTrailwiresOwnMetricsInKubernetes(t *testing.T) {
	const listens, port = "metrics_listen: 0.0.0.0:2112", 2112
	if text := configurationOfTheChart(t); strings.Count(text, listens) != 1 {
		t.Errorf("the chart's filter does not have %s", listens)
	}
	var values struct {
		Ports []struct {
			Name          string
			Port          int
			ContainerPort int `yaml:"containerPort"`
		} `yaml:"extraPorts"`
		Monitor struct {
			Endpoints []struct{ Port, Path string } `yaml:"additionalEndpoints"`
		} `yaml:"serviceMonitor"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "conf/deploy/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	if p := values.Ports[len(values.Ports)-1]; p.Name != "trailwire" || p.Port != port || p.ContainerPort != port {
		t.Errorf("the chart's port is %+v", p)
	}
	if e := values.Monitor.Endpoints; len(e) != 1 || e[0].Port != "trailwire" || e[0].Path != "/metrics" {
		t.Errorf("the chart's ServiceMonitor also reads %+v", e)
	}
	p := podOfTheCollector(t)
	if strings.Count(p.config, listens) != 1 {
		t.Errorf("the filter of the collector's pod does not have %s", listens)
	}
	if ports := p.spec.Containers[0].Ports; len(ports) != 2 || ports[1].Name != "trailwire" || ports[1].Port != port {
		t.Errorf("the ports of its Fluent Bit are %+v", ports)
	}
	for file, wants := range map[string][]string{
		"conf/deploy/kubernetes.yaml":     {"- {protocol: TCP, port: 2112}"},
		"conf/deploy/servicemonitor.yaml": {"- {name: trailwire, port: 2112, targetPort: trailwire}", "- {port: trailwire, path: /metrics}"},
	} {
		for _, want := range wants {
			if !strings.Contains(read(t, file), want) {
				t.Errorf("%s does not have %s", file, want)
			}
		}
	}
}

// policy is a policy document of IAM.
type policy struct {
	Statement []struct {
		Action, Resource any
		Condition        map[string]map[string]string
		Principal        map[string]string
	}
}

// texts returns a text, or a list of them.
func texts(value any) (all []string) {
	if text, ok := value.(string); ok {
		return []string{text}
	}
	list, _ := value.([]any)
	for _, v := range list {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

func readJSON(t *testing.T, path string, value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(read(t, path)))
	if err := decoder.Decode(value); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// The actions are those of the calls in the code, two that go with them, and nothing
// else. The example of Terraform allows the same.
func TestTheCollectorMayDoWhatItsCodeCallsAndNoMore(t *testing.T) {
	code := read(t, "cmd/trailwire/internal/collect/aws.go")
	want := map[string]bool{
		// For objects that are encrypted with a key of KMS: S3 asks on the caller's behalf.
		"kms:Decrypt": true,
	}
	for _, m := range regexp.MustCompile(`\b(s3|sqs)\.(\w+)Input\{`).FindAllStringSubmatch(code, -1) {
		action := m[1] + ":" + m[2]
		switch action {
		case "s3:ListObjectsV2":
			action = "s3:ListBucket"
		case "s3:GetObject":
			if strings.Contains(code, ".VersionId = ") {
				want["s3:GetObjectVersion"] = true
			}
		}
		want[action] = true
	}
	if len(want) != 8 {
		t.Fatalf("the calls need %v", want)
	}
	var document policy
	readJSON(t, "conf/deploy/collect-iam-policy.json", &document)
	got := map[string]bool{}
	for _, s := range document.Statement {
		for _, action := range texts(s.Action) {
			got[action] = true
			for _, resource := range texts(s.Resource) {
				if !strings.HasPrefix(resource, "arn:aws:"+strings.Split(action, ":")[0]+":") || strings.HasPrefix(resource, "arn:aws:s3:::*") {
					t.Errorf("%s is allowed on %s", action, resource)
				}
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the policy allows %v, the calls need %v", got, want)
	}
	terraform := map[string]bool{}
	_, collector, _ := strings.Cut(read(t, "conf/deploy/collect.tf"), `data "aws_iam_policy_document" "collector"`)
	for _, m := range regexp.MustCompile(`"((?:s3|sqs|kms):\w+)"`).FindAllStringSubmatch(collector, -1) {
		terraform[m[1]] = true
	}
	if !maps.Equal(terraform, want) {
		t.Errorf("Terraform allows %v, the calls need %v", terraform, want)
	}
}

func TestTheQueueIsDescribedTheSameEverywhere(t *testing.T) {
	const bucket = "arn:aws:s3:::example-trail"
	var document policy
	readJSON(t, "conf/deploy/collect-queue-policy.json", &document)
	if len(document.Statement) != 1 {
		t.Fatalf("%d statements", len(document.Statement))
	}
	s := document.Statement[0]
	if s.Principal["Service"] != "s3.amazonaws.com" || s.Action != "sqs:SendMessage" || s.Resource != queueARN ||
		s.Condition["ArnEquals"]["aws:SourceArn"] != bucket || s.Condition["StringEquals"]["aws:SourceAccount"] != "111122223333" {
		t.Errorf("others than the bucket may write to the queue: %+v", s)
	}
	var notification struct {
		QueueConfigurations []struct {
			QueueArn string
			Events   []string
			Filter   struct {
				Key struct {
					FilterRules []struct{ Name, Value string }
				}
			}
		}
	}
	readJSON(t, "conf/deploy/collect-notification.json", &notification)
	q := notification.QueueConfigurations
	if len(q) != 1 || q[0].QueueArn != queueARN || !slices.Equal(q[0].Events, []string{"s3:ObjectCreated:*"}) ||
		fmt.Sprint(q[0].Filter.Key.FilterRules) != "[{prefix AWSLogs/111122223333/CloudTrail/} {suffix .json.gz}]" {
		t.Errorf("the notification is %+v", q)
	}
	var rights policy
	readJSON(t, "conf/deploy/collect-iam-policy.json", &rights)
	for _, s := range rights.Statement {
		for _, resource := range texts(s.Resource) {
			if strings.HasPrefix(resource, "arn:aws:sqs:") && resource != queueARN || strings.HasPrefix(resource, "arn:aws:s3:") && !strings.HasPrefix(resource, bucket) {
				t.Errorf("it has rights on %s", resource)
			}
		}
	}
	terraform, page := read(t, "conf/deploy/collect.tf"), read(t, "docs/collect.md")
	for _, said := range []struct{ terraform, page string }{
		{`name = "trailwire"`, "--queue-name trailwire "},
		{`name                      = "trailwire-dead-letters"`, "--queue-name trailwire-dead-letters "},
		{"message_retention_seconds  = 1209600", `"MessageRetentionPeriod": "1209600"`},
		{"visibility_timeout_seconds = 60", `"VisibilityTimeout": "60"`},
		{"maxReceiveCount     = 5", `\"maxReceiveCount\": 5`},
		{`identifiers = ["s3.amazonaws.com"]`, ""}, {`variable = "aws:SourceArn"`, ""}, {`variable = "aws:SourceAccount"`, ""},
		{`events        = ["s3:ObjectCreated:*"]`, ""}, {`filter_suffix = ".json.gz"`, ""},
	} {
		if !strings.Contains(terraform, said.terraform) {
			t.Errorf("Terraform does not say %s", said.terraform)
		}
		if !strings.Contains(page, said.page) {
			t.Errorf("docs/collect.md does not say %s", said.page)
		}
	}
}

// Without the provider, which comes from a registry, terraform checks the syntax alone.
func TestTheExampleOfTerraformIsFormatted(t *testing.T) {
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("SKIPPED: NO TERRAFORM on PATH: the syntax of conf/deploy/collect.tf was not checked")
	}
	if out, err := exec.Command(terraform, "fmt", "-check", "-diff", filepath.Join(top, "conf/deploy/collect.tf")).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheServiceOfTheCollector(t *testing.T) {
	unit := read(t, "conf/deploy/trailwire-collect.service")
	for _, line := range []string{"After=network-online.target fluent-bit.service", "EnvironmentFile=/etc/trailwire/collect.env", "Restart=on-failure", "RestartPreventExitStatus=2",
		"ExecStart=/usr/bin/trailwire collect --queue ${QUEUE} --to ${TO} --metrics-listen ${METRICS} $OPTIONS"} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
	systemd, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED: NO SYSTEMD-ANALYZE on PATH: the service of the collector was not checked")
	}
	program, err := exec.LookPath("true")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "trailwire-collect.service")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(unit, "/usr/bin/trailwire", program)), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, _ := exec.Command(systemd, "verify", "--man=no", path).CombinedOutput(); strings.Contains(string(out), filepath.Base(path)) {
		t.Errorf("%s", out)
	}
	// A mark of 10 is that of a service with all rights.
	out, err := exec.Command(systemd, "security", "--offline=yes", "--threshold=15", path).CombinedOutput()
	switch {
	case strings.Contains(string(out), "unrecognized option"):
		t.Log("this systemd-analyze cannot say how far the service is exposed")
	case err != nil:
		t.Errorf("%v: %s", err, out)
	}
}

package alert

import "cmp"

// ocsfObservables are the values of a finding that people look for first, with the places that have
// them. A list has no number in these (OCSF, "Defining and Using Observables"). The numbers are those
// of OCSF 1.4, and so are the words: it has none for 31, 35 and 38, which are members of one object.
// hasEvidence says that the finding has evidence of the alert's own event.
func (a *Alert) ocsfObservables(hasEvidence bool, resource object) []object {
	var all []object
	add := func(name string, id int, word, value string) {
		if value != "" {
			all = append(all, object{{"name", name}, {"type_id", id}, {"type", word}, {"value", value}})
		}
	}
	if hasEvidence {
		add("evidences.src_endpoint.ip", 2, "IP Address", a.Source.IP)
		add("evidences.http_request.user_agent", 16, "HTTP User-Agent", a.Source.UserAgent)
	}
	if hasEvidence && a.Actor.isOCSFUser() {
		add("evidences.actor.user.uid", 31, "", cmp.Or(a.Actor.ARN, a.Actor.ID))
		add("evidences.actor.user.name", 4, "User Name", a.Actor.Name)
		add("evidences.actor.user.credential_uid", 19, "User Credential ID", a.Actor.AccessKeyID)
		add("evidences.actor.user.account.uid", 35, "", a.Actor.Account)
	}
	for _, p := range resource {
		switch value, _ := p.value.(string); p.key {
		case "uid":
			add("resources.uid", 10, "Resource UID", value)
		case "name":
			add("resources.name", 38, "", value)
		}
	}
	add("cloud.account.uid", 35, "", a.Event.Account)
	return all
}

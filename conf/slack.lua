-- What routing.yaml and .conf make of an alert for a Slack webhook: a body with
-- the one field that Slack asks for, text, and the headers to send it with.
-- Microsoft Teams, Mattermost and Discord ("content" instead of "text") are
-- served the same way.

-- escape keeps a name in the event, which anyone may choose, from being a link
-- or a mention.
local function escape(value)
  return (tostring(value or "?"):gsub("[&<>]", {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;"}))
end

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

function slack(tag, timestamp, record)
  local alert = record.alert
  if type(alert) ~= "table" then
    return 0, timestamp, record
  end
  local actor, event = alert.actor or {}, alert.event or {}
  local text = "*" .. escape(alert.severity) .. "*: " .. escape(alert.reason) ..
    "\nby " .. escape(actor.arn or actor.name or actor.id or actor.invoked_by) .. ", event " .. escape(event.id) ..
    "\n" .. escape((alert.rule or {}).name)
  if alert.respond then
    text = text .. "\n```" .. escape(alert.respond) .. "```"
  end
  return 2, timestamp, {body = '{"text":' .. quote(text) .. "}", headers = {["Content-Type"] = "application/json"}}
end

-- The rule's predicate, as a user without Trailwire might write it.
function rule(tag, timestamp, record)
    if record["eventSource"] ~= "lambda.amazonaws.com" or record["errorCode"] ~= nil or record["errorMessage"] ~= nil then
        return 0, timestamp, record
    end
    local name, request = record["eventName"], record["requestParameters"]
    if name == nil or request == nil or string.sub(string.lower(name), 1, 13) ~= "addpermission" then
        return 0, timestamp, record
    end
    local invoke, public, service = false, request["principal"] == "*", false
    for _, value in pairs(request) do
        if type(value) == "string" then
            invoke = invoke or string.find(value, "lambda:InvokeFunction", 1, true) ~= nil
            service = service or string.find(value, ".amazonaws.com", 1, true) ~= nil
        end
    end
    if not invoke or public or service then
        return 0, timestamp, record
    end
    record["alert"] = {severity = "high", risk_score = 73}
    return 2, timestamp, record
end

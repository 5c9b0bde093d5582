-- What input-http-firehose.yaml and .conf make of a request from Firehose:
--
--   {"requestId": "…", "timestamp": 1, "records": [{"data": "<base64>"}, …]}
--
-- becomes one record {"log": "the line"} for each line of the decoded data. What
-- cannot be decoded goes on under "data", with the reason under "firehose_error".

local value = {}
local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
for i = 1, #alphabet do
  value[alphabet:byte(i)] = i - 1
end

-- decode returns nil if the text is not base64.
local function decode(text)
  local digits = text:match("^([%w+/]*)=?=?$")
  if not digits or #text % 4 ~= 0 then
    return nil
  end
  local byte, char, floor = string.byte, string.char, math.floor
  local out, n, whole = {}, 0, #digits - #digits % 4
  for i = 1, whole, 4 do
    local a, b, c, d = byte(digits, i, i + 3)
    local x = value[a] * 262144 + value[b] * 4096 + value[c] * 64 + value[d]
    n = n + 1
    out[n] = char(floor(x / 65536), floor(x / 256) % 256, x % 256)
  end
  local a, b, c = byte(digits, whole + 1, #digits)
  if c then
    local x = value[a] * 1024 + value[b] * 16 + floor(value[c] / 4)
    out[n + 1] = char(floor(x / 256), x % 256)
  elseif b then
    out[n + 1] = char(value[a] * 4 + floor(value[b] / 16))
  end
  return table.concat(out)
end

function firehose(tag, timestamp, record)
  if type(record.records) ~= "table" then
    return 0, timestamp, record -- not from Firehose
  end
  local lines = {}
  for _, r in ipairs(record.records) do
    local data = type(r) == "table" and r.data
    local text = type(data) == "string" and decode(data)
    if not text then
      lines[#lines + 1] = {data = data or "", firehose_error = "the data is not base64"}
    elseif text:sub(1, 2) == "\31\139" then
      lines[#lines + 1] = {data = data, firehose_error = "the data is compressed: turn on decompression in the Firehose stream"}
    else
      for line in text:gmatch("[^\r\n]+") do
        lines[#lines + 1] = {log = line}
      end
    end
  end
  if #lines == 0 then
    return -1, timestamp, record -- nothing was in it
  end
  return 2, timestamp, lines
end

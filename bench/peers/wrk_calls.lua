-- For wrk: the ready-made calls of a file, one after another and from the start again. It bounds
-- what any client can get out of the server; of the answers only the status is looked at.
--
-- usage: wrk ... -s wrk_calls.lua BASE_URL -- CALLS      CALLS: one request target per line

local requests, at = {}, 0

function init(arguments)
    local token = "Zoho-oauthtoken measured"
    for target in io.lines(arguments[1]) do
        requests[#requests + 1] = wrk.format("DELETE", target, { Authorization = token })
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

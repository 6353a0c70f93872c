-- Request a path with a random number in place of {id} each time.
local path, largest

function init(arguments)
  path, largest = arguments[1], tonumber(arguments[2])
  math.randomseed(1)
end

function request()
  return wrk.format("GET", (path:gsub("{id}", tostring(math.random(largest)))))
end

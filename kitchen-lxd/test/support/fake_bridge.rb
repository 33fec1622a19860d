#!/usr/bin/env ruby
# frozen_string_literal: true

# Stands in for `oreno lxd bridge`: answers what a test asks it to.
require "json"

$stdout.sync = true
raise "unexpected arguments #{ARGV}" unless ARGV == %w[lxd bridge]

say = ->(message) { $stdout.puts(JSON.generate(message)) }
say.call({ hello: { protocol: Integer(ENV.fetch("FAKE_PROTOCOL", "1")), version: "0", methods: [] } })
held = nil
cancelled = nil
while (line = $stdin.gets)
  request = JSON.parse(line)
  id = request["id"]
  case request["method"]
  when "echo" then say.call({ id: id, result: request["params"] })
  when "output"
    %w[one ä].each { |text| say.call({ id: id, event: "output", data: { stream: "stdout", text: text } }) }
    say.call({ id: id, result: { exitCode: 3 } })
  when "fail" then say.call({ id: id, error: { code: "not-found", message: "No image x.", remedy: "Bring one." } })
  when "hold" then held = id
  when "release" then { held => "held", id => "released" }.each { |each, word| say.call({ id: each, result: word }) }
  when "die" then exit!
  when "cancelled" then say.call({ id: id, result: cancelled })
  else cancelled = request["cancel"]
  end
end

# frozen_string_literal: true

require_relative "lib/kitchen/lxd/version"

Gem::Specification.new do |spec|
  spec.name = "kitchen-oreno-lxd"
  spec.version = Kitchen::Lxd::VERSION
  spec.authors = ["The oreno authors"]
  spec.summary = "Test Kitchen on LXD and Incus: a driver and a transport without SSH"
  spec.description = "A thin driver and transport for Test Kitchen. Commands and files go through the API of LXD, by " \
                     "way of one `oreno lxd bridge` process for each run: no SSH server, no keys and no address are " \
                     "needed in the instance."
  spec.homepage = "https://github.com/oreno/oreno"
  spec.license = "Apache-2.0"
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir.chdir(__dir__) { Dir["lib/**/*.rb"] + %w[LICENSE README.md] }
  spec.require_paths = ["lib"]
  spec.metadata = { "rubygems_mfa_required" => "true" }
  spec.add_dependency "test-kitchen", ">= 3.0", "< 5"
end

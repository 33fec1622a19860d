# frozen_string_literal: true

# Prints the digest of what goes into a converge, for each Kitchen instance of each project folder given, which is moved to
# one place for it: needs Test Kitchen.
require "json"
require "kitchen"
require "kitchen/lxd/inputs"

Kitchen.logger = Kitchen::Logger.new(stdout: StringIO.new, level: Logger::FATAL)
digests = ARGV.map do |folder|
  place = File.join(File.dirname(folder), "project")
  File.rename(folder, place)
  Dir.chdir(place) do
    loader = Kitchen::Loader::YAML.new(project_config: File.join(place, "kitchen.yml"))
    config = Kitchen::Config.new(loader: loader, kitchen_root: place, log_level: :fatal, log_root: place)
    config.instances.to_h { |instance| [instance.suite.name, Kitchen::Lxd::Inputs.digest(instance)] }
  end
ensure
  File.rename(place, folder)
end
puts JSON.generate(digests)

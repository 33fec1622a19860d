# frozen_string_literal: true

# Runs the command given over the Train transport as the verifier of kitchen-inspec would set it up with the sudo_command
# given, or without sudo; the instance is this machine. Prints what came of it: needs Train.
require "json"
require "kitchen/lxd/inspec"
require "logger"
require "open3"

# A connection of the Kitchen transport.
class Connection
  def run(command)
    stdout, stderr, status = Open3.capture3("sh", "-c", command)
    yield stdout, "stdout"
    yield stderr, "stderr"
    status.exitstatus
  end

  private

  def name = "here"
end

# As much of Test Kitchen as the options are made of.
Verifier = Struct.new(:config, :instance, :logger) { include Kitchen::Lxd::InspecOptions }
Transport = Struct.new(:made) { def connection(_state) = made }
StateFile = Struct.new(:read)
Instance = Struct.new(:transport, :state_file)

command, sudo_command = ARGV
config = { sudo: !sudo_command.nil?, sudo_command: sudo_command }
verifier = Verifier.new(config, Instance.new(Transport.new(Connection.new), StateFile.new({})), Logger.new(nil))
options = verifier.send(:runner_options_for_lxd, {}).transform_keys(&:to_sym)
train = Train.create(options.delete(:backend), options).connection
result = train.run_command(command)
puts JSON.generate({ uri: train.uri, unix: train.platform.unix?, stdout: result.stdout, stderr: result.stderr,
                     code: result.exit_status, reads: train.file(__FILE__).content == File.read(__FILE__) })

# frozen_string_literal: true

require "kitchen"
require_relative "../lxd/command"
require_relative "../lxd/inspec"
require_relative "../lxd/requests"
require_relative "../lxd/version"

module Kitchen
  module Transport
    # Commands and files through the API of LXD. Only for instances of the driver lxd.
    class Lxd < Kitchen::Transport::Base
      kitchen_transport_api_version 1
      plugin_version Kitchen::Lxd::VERSION

      # root needs no sudo, and small images have none.
      def finalize_config!(instance)
        super
        unless instance.driver.is_a?(Kitchen::Driver::Lxd)
          raise UserError, "The transport lxd goes with the driver lxd; #{instance.driver.name} is none."
        end

        if [nil, "root"].include?(instance.driver[:username])
          [instance.provisioner, instance.verifier].each do |plugin|
            chosen = plugin.instance_variable_get(:@provided_config)
            plugin.send(:config)[:sudo] = false unless chosen.nil? || chosen.key?(:sudo)
          end
        end
        Kitchen::Lxd.teach_inspec
        self
      end

      def connection(state)
        connection = Connection.new(driver: instance.driver, state: state, logger: logger)
        yield connection if block_given?
        connection
      end

      # A connection costs nothing: the bridge holds the one to the server.
      class Connection < Kitchen::Transport::Base::Connection
        def execute(command)
          return if command.nil?

          code = run(command) { |text| logger << text }
          return if code.zero?

          # The last line is what Test Kitchen looks for in hooks that may be skipped.
          raise TransportFailed.new("In #{name}:\nSSH exited (#{code}) for command: [#{command}]", code)
        end

        # Runs a command, gives its output and the name of its stream to the block, and answers its exit code.
        def run(command, &)
          request("exec", { command: command }, &)["exitCode"]
        end

        def upload(locals, remote)
          request("upload", { sources: Array(locals).map { |path| File.expand_path(path) }, target: remote })
        end

        def download(remotes, local)
          FileUtils.mkdir_p(File.dirname(local))
          request("download", { sources: Array(remotes), target: File.expand_path(local) })
        end

        def wait_until_ready
          request("ready")
        end

        def login_command
          command, *arguments = Kitchen::Lxd::Command.find(driver[:oreno_command])
          LoginCommand.new(command, arguments + request("login")["arguments"])
        end

        private

        def driver
          options[:driver]
        end

        def state
          options[:state]
        end

        def name
          state[:container_name] or raise TransportFailed, "There is no instance yet: kitchen create makes it."
        end

        def request(method, more = {}, &block)
          name
          driver.requests.call(method, state, more, &block || proc { |text| logger << text })
        rescue ActionFailed => e
          raise TransportFailed, e.message
        end
      end
    end
  end
end

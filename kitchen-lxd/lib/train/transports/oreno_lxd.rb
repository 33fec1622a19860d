# frozen_string_literal: true

require "train"
require "train/extras"

module Train
  module Transports
    # Train over a connection of the Kitchen transport lxd, so that InSpec needs neither SSH nor an address.
    class OrenoLxd < Train.plugin(1)
      name "oreno_lxd"

      include_options Train::Extras::CommandWrapper
      option :kitchen_connection, required: true

      def connection(_state = {})
        @connection ||= Connection.new(@options)
      end

      # Commands through the bridge, files through commands.
      class Connection < BaseConnection
        # What it asks to find the platform needs no sudo.
        def initialize(options)
          super
          @wrapper = Train::Extras::CommandWrapper.load(self, options)
        end

        def uri
          "lxd://#{@options[:kitchen_connection].send(:name)}"
        end

        private

        def run_command_via_connection(command, &)
          output = { "stdout" => +"", "stderr" => +"" }
          command = @wrapper.run(command) if @wrapper
          code = @options[:kitchen_connection].run(command) { |text, stream| output.fetch(stream) << text }
          CommandResult.new(*output.values, code)
        end

        def file_via_connection(path)
          os.aix? ? Train::File::Remote::Aix.new(self, path) : Train::File::Remote::Linux.new(self, path)
        end
      end
    end
  end
end

# frozen_string_literal: true

require_relative "bridge"
require_relative "command"

module Kitchen
  module Lxd
    # Requests of one Kitchen instance to the bridge.
    class Requests
      def initialize(driver)
        @driver = driver
        @instance = driver.instance
      end

      # The errors of the bridge as Test Kitchen's: what the user wrote is a UserError, the rest fails the action.
      def call(method, state, more = {})
        bridge = Bridge.of(Command.find(@driver[:oreno_command]))
        bridge.call(method, params(state).merge(more)) do |event, data|
          if event == "output"
            yield data["text"], data["stream"]
          else
            @driver.public_send(event, data)
          end
        end
      rescue Bridge::Error => e
        raise UserError, e.message if %w[invalid-config no-oreno].include?(e.code)

        # Test Kitchen itself shows only where the log is.
        @driver.error(e.message)
        raise ActionFailed, e.message
      end

      private

      def params(state)
        { config: config, platform: @instance.platform.name, instance: @instance.name,
          root: @driver[:kitchen_root] || Dir.pwd, run: Process.pid,
          transport: @instance.transport.name.downcase, state: state }
      end

      # Only what can be JSON; Test Kitchen adds objects of its own.
      def config
        @driver.config_keys.to_h { |key| [key, @driver[key]] }.select { |_, value| plain?(value) }
      end

      def plain?(value)
        case value
        when Hash then value.each_value.all? { |each| plain?(each) }
        when Array then value.all? { |each| plain?(each) }
        else [String, Symbol, Numeric, TrueClass, FalseClass, NilClass].any? { |kind| value.is_a?(kind) }
        end
      end
    end
  end
end

# frozen_string_literal: true

module Kitchen
  # What the verifier of the gem kitchen-inspec looks for on a transport called lxd.
  module Lxd
    # How InSpec reaches the instance: through this gem's Train transport.
    module InspecOptions
      private

      def runner_options_for_lxd(_transport)
        require "train/transports/oreno_lxd"
        connection = instance.transport.connection(instance.send(:state_file).read)
        sudo = %i[sudo sudo_command sudo_options].to_h { |key| [key.to_s, config[key]] }
        { "backend" => "oreno_lxd", "logger" => logger, "kitchen_connection" => connection, **sudo }
      end
    end

    # Adds it to the verifier, where that is in use.
    def self.teach_inspec
      return unless Kitchen::Verifier.const_defined?(:Inspec, false)

      Kitchen::Verifier::Inspec.include(InspecOptions)
    end
  end
end

# frozen_string_literal: true

require "time"
require "kitchen"
require_relative "../lxd/inputs"
require_relative "../lxd/requests"
require_relative "../lxd/version"

module Kitchen
  module Driver
    # Instances of LXD and Incus. All that is decided and done happens in `oreno lxd bridge`; this passes on the
    # configuration as it stands, so its keys are described there and in the README.
    class Lxd < Kitchen::Driver::Base
      kitchen_driver_api_version 2
      plugin_version Kitchen::Lxd::VERSION

      default_config :oreno_command, nil
      default_config :snapshot, false

      # Where converged instances are kept, the provisioner is asked less often.
      def finalize_config!(instance)
        super
        if config[:snapshot]
          instance.provisioner.singleton_class.prepend(Kitchen::Lxd::Reuse)
          instance.provisioner.lxd_driver = self
        end
        self
      end

      def create(state)
        super
        reserve(state)
        state.merge!(symbols(requests.call("create", state, { inputs: inputs })["state"]))
        info("LXD instance #{state[:container_name]} is ready.")
      end

      def destroy(state)
        removed = requests.call("destroy", state)["removed"]
        info("Removed #{removed.join(", ")}.") if removed&.any?
        %i[container_name username hostname lxd_stage].each { |key| state.delete(key) }
      end

      def status(state)
        symbols(requests.call("status", state)).merge(source: "driver", checked_at: Time.now.utc.iso8601)
      end

      def package(state)
        made = requests.call("package", state)
        info("Made the image #{made["alias"]} (#{made["fingerprint"][0, 12]}).")
      end

      # True when something is wrong, as Test Kitchen wants it.
      def doctor(state)
        findings = requests.call("doctor", state)["findings"]
        findings.each { |finding| finding["ok"] ? info(finding["text"]) : error(finding["text"]) }
        !findings.all? { |finding| finding["ok"] }
      rescue Kitchen::Error => e
        error(e.message)
        true
      end

      # Keeps the converged instance for the next run. A failure costs speed, not the converge.
      def keep(state, inputs)
        info("Kept this converge for the next run.") if requests.call("keep", state, { inputs: inputs })["kept"]
      rescue ActionFailed => e
        warn("This converge was not kept: #{e.message}")
      end

      # The digest of what a converge would bring now.
      def inputs
        Kitchen::Lxd::Inputs.digest(instance) if config[:snapshot]
      end

      def requests
        @requests ||= Kitchen::Lxd::Requests.new(self)
      end

      private

      # The name goes into the state file before anything is made: a run that is killed leaves a trace.
      def reserve(state)
        return if state[:last_action]

        state[:container_name] = requests.call("name", {})["name"]
        Kitchen::StateFile.new(config[:kitchen_root] || Dir.pwd, instance.name).write(state)
      end

      def symbols(hash)
        hash.transform_keys(&:to_sym)
      end
    end
  end
end

# frozen_string_literal: true

require "digest"
require "find"
require "json"
require_relative "version"

module Kitchen
  module Lxd
    # A digest of all that Test Kitchen brings into an instance until it is converged: the provisioner's files,
    # configuration and version, what it uploads beside them, and the hooks around create and converge.
    module Inputs
      # Keys that say where, not what.
      PLACES = %i[kitchen_root test_base_path log_level log_root color].freeze

      HOOKS = %i[pre post finally].product(%i[create converge]).map { |words| words.join("_").to_sym }.freeze

      def self.digest(instance)
        provisioner = instance.provisioner
        provisioner.create_sandbox
        digest = Digest::SHA256.new
        digest << JSON.generate([VERSION, Kitchen::VERSION, provisioner.diagnose_plugin.to_s, settings(provisioner)])
        digest << JSON.generate(instance.lifecycle_hooks.diagnose.slice(*HOOKS).map { |hook| hook.map(&:to_s) })
        digest << tree(provisioner.sandbox_path)
        uploads(provisioner).each { |path| digest << tree(path) }
        digest.hexdigest
      ensure
        provisioner.cleanup_sandbox
      end

      def self.uploads(provisioner)
        (provisioner[:uploads] || {}).keys.map { |path| File.expand_path(path.to_s) }
      end

      def self.settings(provisioner)
        provisioner.diagnose.except(*PLACES).map { |key, value| [key.to_s, value.to_s] }.sort
      end

      # Names, modes and bytes.
      def self.tree(root)
        return "\0absent" unless File.exist?(root)

        Find.find(root).sort.map do |path|
          stat = File.lstat(path)
          bytes = if stat.symlink? then File.readlink(path)
                  elsif stat.file? then Digest::SHA256.file(path).hexdigest
                  end
          [path.delete_prefix(root), stat.mode.to_s(8), bytes].join("\0")
        end.join("\n")
      end
      private_class_method :settings, :tree, :uploads
    end

    # Put over a provisioner: the first converge of an instance that began as a copy of the same converged one has
    # nothing to do, and a converge that had is kept for the next run.
    module Reuse
      attr_accessor :lxd_driver

      # The first step of a converge, and the last before provisioners write into their configuration what they find out
      # on the way (an accepted licence, the place of an installation), which create cannot know.
      def check_license
        @lxd_inputs = restored?(instance.send(:state_file).read) ? nil : lxd_driver.inputs
        super
      end

      def call(state)
        if restored?(state)
          info("Restored from the snapshot of an earlier converge with the same inputs; nothing to do.")
          return
        end
        state.delete(:lxd_stage)
        super
        lxd_driver.keep(state, @lxd_inputs)
      end

      private

      def restored?(state)
        state[:lxd_stage] && state[:last_action] == "create"
      end
    end
  end
end

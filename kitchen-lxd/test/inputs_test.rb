# frozen_string_literal: true

require_relative "test_helper"
require "fileutils"
require "tmpdir"
require "kitchen/lxd/inputs"

class InputsTest < Minitest::Test
  # As much of a provisioner as a digest looks at.
  class Provisioner
    attr_accessor :settings, :content, :mode
    attr_reader :sandbox_path

    def initialize
      @settings = { script: "a.sh", kitchen_root: "/one" }
      @content = "echo"
      @mode = 0o644
    end

    def create_sandbox
      @sandbox_path = Dir.mktmpdir
      file = File.join(@sandbox_path, "a.sh")
      File.write(file, @content)
      File.chmod(@mode, file)
    end

    def cleanup_sandbox
      FileUtils.rm_rf(@sandbox_path)
    end

    def diagnose = @settings
    def diagnose_plugin = { name: "shell", version: "1" }
    def [](_key) = nil
  end

  def setup
    @provisioner = Provisioner.new
    @before = digest
  end

  def digest
    Kitchen::Lxd::Inputs.digest(@provisioner)
  end

  def test_the_same_inputs_are_the_same_digest_wherever_they_are
    @provisioner.settings = @provisioner.settings.merge(kitchen_root: "/two")
    assert_equal @before, digest
    refute_path_exists @provisioner.sandbox_path
  end

  def test_files_modes_and_settings_count
    [-> { @provisioner.content = "other" }, -> { @provisioner.mode = 0o755 },
     -> { @provisioner.settings = { script: "b.sh" } }].each do |change|
      before = digest
      change.call
      refute_equal before, digest
    end
  end
end

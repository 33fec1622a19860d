# frozen_string_literal: true

require_relative "test_helper"
require "fileutils"
require "tmpdir"
require "kitchen/lxd/inputs"

module Kitchen
  # As Test Kitchen says it, which these tests do without.
  VERSION = "4" unless const_defined?(:VERSION, false)
end

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
    def [](key) = settings[key]
  end

  # As much of an instance.
  Hooks = Struct.new(:diagnose)
  Instance = Struct.new(:provisioner, :lifecycle_hooks)

  def setup
    @provisioner = Provisioner.new
    @hooks = Hooks.new({ post_create: [{ remote: "true" }], post_verify: [{ local: "true" }] })
    @before = digest
  end

  def digest
    Kitchen::Lxd::Inputs.digest(Instance.new(@provisioner, @hooks))
  end

  def test_the_same_inputs_are_the_same_digest_wherever_they_are
    @provisioner.settings = @provisioner.settings.merge(kitchen_root: "/two")
    assert_equal @before, digest
    refute_path_exists @provisioner.sandbox_path
  end

  def test_files_modes_settings_and_hooks_count
    [-> { @provisioner.content = "other" }, -> { @provisioner.mode = 0o755 },
     -> { @provisioner.settings = { script: "b.sh" } },
     -> { @hooks.diagnose = { post_create: [{ remote: "false" }] } },
     -> { @hooks.diagnose = { pre_converge: [{ remote: "false" }] } }].each do |change|
      before = digest
      change.call
      refute_equal before, digest
    end
  end

  def test_what_happens_after_the_converge_does_not_count
    @hooks.diagnose = @hooks.diagnose.merge(post_verify: [{ local: "false" }])
    assert_equal @before, digest
  end

  def test_uploads_count_with_what_is_in_them
    Dir.mktmpdir do |folder|
      @provisioner.settings = @provisioner.settings.merge(uploads: { folder.to_sym => "/srv", nowhere: "/opt" })
      empty = digest
      File.write(File.join(folder, "a"), "1")
      one = digest
      File.write(File.join(folder, "a"), "2")
      assert_equal 3, [empty, one, digest].uniq.length
    end
  end
end

class ReuseTest < Minitest::Test
  # A provisioner that writes what it finds out into its own configuration, as those of Chef do.
  class Provisioner
    attr_reader :settings, :converges

    def initialize
      @settings = {}
      @converges = 0
    end

    def check_license = settings[:license] = "accepted"

    def call(_state)
      settings[:root] = "/opt"
      @converges += 1
    end
  end

  # What the driver answers, and what it is asked to keep.
  class Driver
    attr_reader :kept

    def initialize(provisioner)
      @provisioner = provisioner
      @kept = []
    end

    def inputs = @provisioner.settings.inspect
    def keep(_state, inputs) = @kept << inputs
  end

  StateFile = Struct.new(:read)
  Instance = Struct.new(:state_file)

  def setup
    @state = { last_action: "create" }
    provisioner = @provisioner = Provisioner.new
    instance = Instance.new(StateFile.new(@state))
    provisioner.define_singleton_method(:instance) { instance }
    provisioner.define_singleton_method(:info) { |_text| nil }
    provisioner.singleton_class.prepend(Kitchen::Lxd::Reuse)
    provisioner.lxd_driver = @driver = Driver.new(provisioner)
  end

  def converge
    @provisioner.check_license
    @provisioner.call(@state)
  end

  def test_a_converge_is_kept_under_what_create_saw_and_not_under_what_the_provisioner_found_out
    before = @driver.inputs
    converge
    refute_equal before, @driver.inputs
    assert_equal [before], @driver.kept
  end

  def test_the_first_converge_of_a_copy_has_nothing_to_do_and_the_next_one_runs
    @state[:lxd_stage] = "kitchen-stage"
    converge
    assert_equal [0, []], [@provisioner.converges, @driver.kept]
    @state[:last_action] = "converge"
    converge
    assert_equal [1, 1, nil], [@provisioner.converges, @driver.kept.length, @state[:lxd_stage]]
  end
end

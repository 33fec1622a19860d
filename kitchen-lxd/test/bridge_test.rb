# frozen_string_literal: true

require_relative "test_helper"
require "kitchen/lxd/bridge"

class BridgeTest < Minitest::Test
  FAKE = File.expand_path("support/fake_bridge.rb", __dir__)

  def setup
    @bridge = Kitchen::Lxd::Bridge.new([FAKE])
  end

  def teardown
    @bridge.close
  end

  def test_an_answer_comes_back
    assert_equal({ "text" => "ä\n" }, @bridge.call("echo", { text: "ä\n" }))
  end

  def test_events_come_in_order_before_the_answer
    events = []
    result = @bridge.call("output", {}) { |event, data| events << [event, data["text"]] }
    assert_equal [%w[output one], %w[output ä]], events
    assert_equal 3, result["exitCode"]
  end

  def test_an_error_has_code_text_and_remedy
    error = assert_raises(Kitchen::Lxd::Bridge::Error) { @bridge.call("fail", {}) }
    assert_equal "not-found", error.code
    assert_equal "No image x. Bring one.", error.message
  end

  def test_threads_share_it_and_get_their_own_answers
    held = Thread.new { @bridge.call("hold", {}) }
    sleep 0.05
    others = Array.new(8) { |n| Thread.new { @bridge.call("echo", { n: n }) } }
    assert_equal(Array.new(8) { |n| { "n" => n } }, others.map(&:value))
    assert_equal "released", @bridge.call("release", {})
    assert_equal "held", held.value
  end

  def test_an_interrupted_call_is_cancelled
    thread = Thread.new { @bridge.call("hold", {}) }
    sleep 0.05
    thread.kill.join
    assert_equal 1, @bridge.call("cancelled", {})
  end

  def test_the_end_of_the_bridge_ends_the_calls
    error = assert_raises(Kitchen::Lxd::Bridge::Error) { @bridge.call("die", {}) }
    assert_equal "bridge-ended", error.code
  end

  def test_another_protocol_is_refused
    ENV["FAKE_PROTOCOL"] = "2"
    error = assert_raises(Kitchen::Lxd::Bridge::Error) { Kitchen::Lxd::Bridge.new([FAKE]) }
    assert_equal "protocol", error.code
  ensure
    ENV.delete("FAKE_PROTOCOL")
  end

  def test_a_missing_command_is_named
    error = assert_raises(Kitchen::Lxd::Bridge::Error) { Kitchen::Lxd::Bridge.new(["/no/such/oreno"]) }
    assert_equal "no-oreno", error.code
    assert_includes error.message, "/no/such/oreno"
  end

  def test_a_command_that_is_not_oreno_is_told
    [File.join(__dir__, "support"), "/bin/true", "/bin/echo"].each do |command|
      error = assert_raises(Kitchen::Lxd::Bridge::Error) { Kitchen::Lxd::Bridge.new([command]) }
      assert_equal "no-oreno", error.code
      assert_match(/#{command}.*Set oreno_command/, error.message)
    end
  end

  def test_one_process_serves_a_run
    first = Kitchen::Lxd::Bridge.of([FAKE])
    assert_same first, Kitchen::Lxd::Bridge.of([FAKE])
  ensure
    Kitchen::Lxd::Bridge.close_all
  end
end

# frozen_string_literal: true

require_relative "test_helper"
require "kitchen/lxd/command"

class CommandTest < Minitest::Test
  def test_a_configured_command_is_taken_as_words
    assert_equal ["sudo", "/opt/my oreno"], Kitchen::Lxd::Command.find("sudo '/opt/my oreno'")
  end

  def test_what_is_no_text_is_no_word_of_ruby
    assert_equal ["1"], Kitchen::Lxd::Command.find(1)
    assert_equal %w[a b], Kitchen::Lxd::Command.find(["a b"])
  end

  def test_the_checkout_of_the_gem_has_the_command
    command = Kitchen::Lxd::Command.find(nil)
    assert_equal 1, command.length
    assert_path_exists command.first
  end
end

# frozen_string_literal: true

require "shellwords"

module Kitchen
  module Lxd
    # Finds the oreno command: the configured one, that of the checkout this gem is in, the one on the PATH.
    module Command
      CHECKOUT = File.expand_path("../../../../oreno", __dir__)

      # As an array, so that no shell is between.
      def self.find(configured)
        return Array(configured).flat_map { |words| Shellwords.split(words.to_s) } unless [nil, "", []].include?(configured)

        [File.executable?(CHECKOUT) && File.file?(CHECKOUT) ? CHECKOUT : "oreno"]
      end
    end
  end
end

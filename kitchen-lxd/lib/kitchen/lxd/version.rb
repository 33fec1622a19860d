# frozen_string_literal: true

module Kitchen
  module Lxd
    # Raised together with the version that the bridge tells.
    VERSION = "0.1.0"
  end
end

# frozen_string_literal: true

require "json"
require "open3"

module Kitchen
  module Lxd
    # One `oreno lxd bridge` process for a whole run, shared by all threads: JSON lines on its standard input and
    # output. What is known about LXD lives there; this only carries requests and answers.
    class Bridge
      PROTOCOL = 1

      # What the bridge answered instead of a result.
      class Error < ::StandardError
        attr_reader :code

        def initialize(body)
          @code = body.fetch("code")
          super([body["message"], body["remedy"]].compact.join(" "))
        end
      end

      class << self
        # The bridge of the command, started at its first use and ended with this process.
        def of(command)
          lock.synchronize do
            bridges.delete(command) unless bridges[command]&.alive?
            bridges[command] ||= new(command)
          end
        end

        # Ends all of them: what is in flight is cancelled.
        def close_all
          lock.synchronize { bridges.each_value(&:close).clear }
        end

        private

        def bridges
          @bridges ||= {}
        end

        def lock
          @lock ||= Mutex.new
        end
      end

      def initialize(command)
        @command = command
        @write = Mutex.new
        @waiting = {}
        @last = 0
        # A group of its own: an interrupt reaches Kitchen alone, and Kitchen's end reaches the bridge.
        @input, @output, @process = Open3.popen2(*command, "lxd", "bridge", pgroup: true)
        [@input, @output].each { |stream| stream.set_encoding(Encoding::UTF_8) }
        greet
        @reader = Thread.new { read }
        @reader.report_on_exception = false
      rescue Errno::ENOENT, Errno::EACCES => e
        raise unusable(e)
      end

      def alive?
        @process.alive? && @reader.alive?
      end

      # Sends a request and waits for its answer; the block gets its events. Raises an Error, and cancels the request
      # when the calling thread is interrupted.
      def call(method, params)
        queue = Queue.new
        id = begin_request(queue, method, params)
        answer = nil
        until answer
          message = queue.pop
          if message.key?("event")
            yield message["event"], message["data"] if block_given?
          else
            answer = message
          end
        end
        raise Error, answer["error"] if answer["error"]

        answer["result"]
      ensure
        send_line({ cancel: id }) if id && answer.nil?
        @write.synchronize { @waiting.delete(id) }
      end

      def close
        @input.close
      rescue IOError
        nil
      end

      private

      def begin_request(queue, method, params)
        id = @write.synchronize do
          @last += 1
          @waiting[@last] = queue
          @last
        end
        send_line({ id: id, method: method, params: params })
        id
      end

      def send_line(message)
        line = JSON.generate(message)
        @write.synchronize do
          @input.puts(line)
          @input.flush
        end
      rescue IOError, Errno::EPIPE
        raise Error, gone unless message.key?(:cancel)
      end

      def greet
        line = @output.gets
        raise stranger("has ended at once") if line.nil?

        hello = JSON.parse(line)["hello"]
        return if hello && hello["protocol"] == PROTOCOL

        raise Error, { "code" => "protocol",
                       "message" => "#{@command.join(" ")} speaks another protocol than this gem (#{PROTOCOL}).",
                       "remedy" => "Use the gem and oreno of the same version." }
      rescue JSON::ParserError
        raise stranger("said: #{line.strip}")
      end

      def read
        while (line = @output.gets)
          message = JSON.parse(line)
          queue = @write.synchronize { @waiting[message["id"]] }
          queue&.push(message)
        end
      ensure
        @write.synchronize { @waiting.each_value { |queue| queue.push({ "error" => gone }) } }
      end

      def gone
        { "code" => "bridge-ended", "message" => "#{@command.join(" ")} lxd bridge has ended.",
          "remedy" => "Its last words are above; run the action again." }
      end

      def unusable(error)
        no_oreno("The command #{@command.first} cannot be run: #{error.message}.")
      end

      def stranger(words)
        no_oreno("#{@command.join(" ")} lxd bridge #{words}, as oreno would not.")
      end

      def no_oreno(message)
        Error.new({ "code" => "no-oreno", "message" => message,
                    "remedy" => "Set oreno_command in the driver's configuration, or put oreno on the PATH." })
      end
    end

    at_exit { Bridge.close_all }
  end
end

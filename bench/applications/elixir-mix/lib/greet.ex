defmodule Greet do
  @moduledoc "Greets somebody."

  def main(arguments) do
    {options, _, _} = OptionParser.parse(arguments, strict: [name: :string])
    IO.puts("Greetings, #{options[:name]}")
  end
end

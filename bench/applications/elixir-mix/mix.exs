defmodule Greet.MixProject do
  use Mix.Project

  def project do
    [app: :greet, version: "0.1.0", elixir: "~> 1.14", escript: [main_module: Greet], deps: []]
  end
end

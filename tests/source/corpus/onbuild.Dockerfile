FROM ruby:3.3-slim
ONBUILD COPY Gemfile Gemfile.lock ./
ONBUILD RUN bundle config set --local deployment true \
    # quiet
    && bundle install
ONBUILD RUN <<EOF
rake assets:precompile
EOF
ONBUILD ENTRYPOINT ["bundle", "exec"]
ONBUILD \
  CMD rackup --host 0.0.0.0

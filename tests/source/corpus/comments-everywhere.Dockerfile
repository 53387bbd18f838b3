# A comment first
#
   # indented
FROM alpine:3.20
# between
RUN echo one \
# at the margin
    two \
  # indented
    # twice

    three # part of the command
	# after a tab
CMD ["sh"]
# last, without an end of line
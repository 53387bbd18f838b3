FROM busybox:1.36
CMD echo hello && \
    sleep 1
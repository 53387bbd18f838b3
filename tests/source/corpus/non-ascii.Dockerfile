FROM alpine:3.20
LABEL description="Größenänderung – Übersicht" author=Zoë
# Straße ☕
RUN echo "ßpäßig ☕" > /etc/motd && \
    printf '%s\n' 日本語 | tee /tmp/ö
ENV NAME=Łódź
CMD echo "żółw" ☕

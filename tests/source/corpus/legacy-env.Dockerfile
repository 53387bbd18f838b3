FROM centos:7
MAINTAINER ops@example.org
ENV JAVA_HOME /usr/lib/jvm/java
ENV PATH $PATH:$JAVA_HOME/bin
ENV MESSAGE   spaces   kept   inside
LABEL maintainer ops team
RUN yum install -y java-1.8.0-openjdk-devel && \
yum clean all
ADD app.tar.gz /opt/
VOLUME /opt/data
CMD java $JAVA_OPTS -jar /opt/app.jar

# escape=`

FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop';"]
WORKDIR C:\\build
COPY installer.msi C:\tmp\
RUN Invoke-WebRequest -UseBasicParsing `
        -Uri https://dl.example.org/agent.zip `
        -OutFile C:\agent.zip; `
    # unpack
    Expand-Archive C:\agent.zip -DestinationPath C:\agent; `
    Remove-Item C:\agent.zip
ENV AGENT_HOME=C:\agent `
    AGENT_MODE="service worker"
ENTRYPOINT ["C:\\agent\\agent.exe"]

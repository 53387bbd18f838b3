# escape=`
FROM mcr.microsoft.com/dotnet/framework/aspnet:4.8
ARG source=publish
WORKDIR /inetpub/wwwroot
COPY ${source:-obj/Docker/publish} .
RUN dir & `
    echo ready
EXPOSE 80

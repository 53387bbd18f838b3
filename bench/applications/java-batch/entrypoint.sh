#!/bin/sh
mkdir -p /opt/report/out
cd /opt/report
java -cp . Report

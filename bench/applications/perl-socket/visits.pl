#!/usr/bin/perl
use strict;
use warnings;
use IO::Socket::INET;

my ($log) = @ARGV;
my $server = IO::Socket::INET->new(LocalPort => 8090, Listen => 8, ReuseAddr => 1) or die "cannot listen: $!";
my $visits = 0;
while (my $client = $server->accept) {
    while (defined(my $line = <$client>)) { last if $line =~ /^\r?$/ }
    open my $file, '>>', $log or die "cannot write to $log: $!";
    print $file "visit\n";
    close $file;
    $visits++;
    print $client "HTTP/1.0 200 OK\r\n\r\nvisit $visits\n";
    close $client;
}

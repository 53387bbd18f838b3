use std::io::{Read, Write};
use std::net::TcpListener;

fn main() -> std::io::Result<()> {
    for stream in TcpListener::bind("0.0.0.0:7878")?.incoming() {
        let mut stream = stream?;
        let mut request = [0; 1024];
        stream.read(&mut request)?;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\nhello from rust")?;
    }
    Ok(())
}

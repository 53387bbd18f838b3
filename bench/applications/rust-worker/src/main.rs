fn main() {
    let most: u32 = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(10);
    for n in (2..most).filter(|n| (2..*n).all(|d| n % d != 0)) {
        println!("{n}");
    }
}

import java.nio.file.Files;
import java.nio.file.Path;

class Report {
    public static void main(String[] arguments) throws Exception {
        Files.writeString(Path.of("out/report.txt"), "total 42\n");
        System.out.print(Files.readString(Path.of("out/report.txt")));
    }
}

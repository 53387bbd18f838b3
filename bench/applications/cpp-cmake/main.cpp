#include <cstdlib>
#include <iostream>

int main(int count, char **words) {
    const int size = count > 1 ? std::atoi(words[1]) : 1;
    for (int row = 0; row < size; ++row) {
        for (int column = 0; column < size; ++column)
            std::cout << (row == column) << ' ';
        std::cout << '\n';
    }
}

module Main (main) where

fibs :: [Integer]
fibs = 0 : 1 : zipWith (+) fibs (tail fibs)

main :: IO ()
main = putStrLn ("fib 100 = " ++ show (fibs !! 100))

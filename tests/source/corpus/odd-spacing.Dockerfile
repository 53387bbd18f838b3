 	FROM	alpine:3.20	AS	a  
RUN   echo   a	b   \  
   c   
COPY	  x	 y  
ENV	  A=1	 B=2  
   USER app   
EXPOSE	80	 81
